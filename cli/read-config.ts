import { readFile } from 'node:fs/promises';
import type { ParseConfig } from '../contract/extend';
import { defined, errorMessage, isPlainObject } from '../json';
import { usageError } from './exit-status';
import { toSafeLabel } from './to-label';

/** Options of the command that are part of Extend's parse configuration. */
export interface ConfigOptions {
  /** Path of a JSON file with the configuration. @default none */
  readonly config?: string;
  /** Type of the chunks. It replaces the type of the file. @default that of the file, else Extend's */
  readonly chunking?: 'page' | 'section' | 'document';
}

/**
 * Reads the configuration with which the documents are submitted.
 *
 * @returns `undefined` if the command line says nothing about it
 * @throws CommandError that names the file, if it is not a JSON object
 */
export async function readConfig({ config, chunking }: ConfigOptions): Promise<ParseConfig | undefined> {
  if (config === undefined && chunking === undefined) return undefined;
  const given: ParseConfig = config === undefined ? {} : await readObject(config);
  const chunkingStrategy = chunking && { ...given.chunkingStrategy, type: chunking };
  return { ...given, ...defined({ chunkingStrategy }) };
}

async function readObject(path: string): Promise<ParseConfig> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (isPlainObject(value)) return value;
  } catch (error) {
    throw usageError(`--config must name a JSON file: ${toSafeLabel(errorMessage(error))}`);
  }
  throw usageError(`--config must name a JSON file with one object, got ${toSafeLabel(path)}`);
}
