import { createHash } from 'node:crypto';
import { opendir, stat } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { MAX_BATCH_ID_BYTES, MAX_BULK_WIDTH, maxWidthOf, utf8Bytes } from '../../contract';
import { type Document, readDocuments } from '../documents';
import { usageError } from '../exit-status';
import { toSafeLabel } from '../to-label';

/** Arguments and options of `batch`, as the command line has them. */
export interface GivenBatch {
  /** Files, folders and URLs, or one manifest. */
  readonly inputs: readonly string[];
  /** Directory for the results, and for the data with which a later call continues. */
  readonly out: string;
  readonly json: boolean;
  /** `true`: results may replace files that this command did not write. */
  readonly force: boolean;
  /** @default made from the inputs */
  readonly key?: string;
  /** Task queue of workers that run already. @default none: this call runs a worker */
  readonly taskQueue?: string;
  /** `true`: up to 1,000 documents are submitted in one request. Version 2026-02-09 only. */
  readonly bulk: boolean;
  readonly width?: number;
  readonly stopAfter?: number;
  readonly retryFailed: boolean;
}

/** Checked arguments and options of `batch`. */
export interface BatchArguments extends GivenBatch {
  readonly key: string;
  /** The documents to parse, or the manifest that lists them. */
  readonly documents: readonly Document[];
  /** `true`: the only document is a manifest. */
  readonly isManifest: boolean;
}

const KEY_LENGTH = 16;
/** Longest encoded key in the name of a file, in characters. File systems allow names of at most 255 bytes. */
const MAX_ENCODED_KEY_LENGTH = 200;

/**
 * Checks the command line, and lists the files in folders, except hidden ones.
 *
 * @throws CommandError that names the problem.
 */
export async function checkBatch(given: GivenBatch): Promise<BatchArguments> {
  const { inputs, out, key = keyOf(inputs), taskQueue } = given;
  if (inputs.length === 0) throw usageError('name files, folders or URLs, or a manifest: a file that ends with .jsonl');
  if (key.trim() === '' || utf8Bytes(key) > MAX_BATCH_ID_BYTES)
    throw usageError(`--key must have 1 to ${MAX_BATCH_ID_BYTES} bytes, got '${toSafeLabel(key)}'`);
  checkWidth(given);
  if (taskQueue?.trim() === '') throw usageError('--task-queue must not be empty');
  const stats = await stat(out).catch(() => undefined);
  if (stats !== undefined && !stats.isDirectory())
    throw usageError(`--out must be a directory, got the file ${toSafeLabel(out)}`);
  const isManifest = inputs.some((input) => input.endsWith('.jsonl'));
  if (isManifest && inputs.length > 1) throw usageError('a manifest must be the only argument');
  const found = await Promise.all(inputs.map((input) => filesOf(input, resolve(out))));
  const files = [...new Set(found.flat())];
  if (files.length === 0) throw usageError(`no files in ${inputs.map(toSafeLabel).join(', ')}`);
  return { ...given, key, documents: await readDocuments(files), isManifest };
}

/** The limit of the width depends on `--bulk`, which may follow it. @throws CommandError */
function checkWidth({ bulk, width = 1 }: GivenBatch): void {
  const maxWidth = maxWidthOf({ submission: bulk ? 'bulk' : 'each' });
  if (width <= maxWidth) return;
  throw usageError(`--width must be at most ${maxWidth}${bulk ? '' : ' without --bulk'}, got ${width}`);
}

/** Reads the value of an option that counts documents. */
export function parseCount(value: string): number {
  const count = Number(value);
  if (!/^\d{1,6}$/.test(value) || count < 1) throw new InvalidArgumentError('It must be a whole number from 1 on.');
  return count;
}

/** Reads the value of `--width`. */
export function parseWidth(value: string): number {
  const width = parseCount(value);
  if (width > MAX_BULK_WIDTH) throw new InvalidArgumentError(`It must be at most ${MAX_BULK_WIDTH}.`);
  return width;
}

/** Makes the key from the inputs, so that the same command, given again, continues the same batch. */
function keyOf(inputs: readonly string[]): string {
  const names = inputs.map((input) => (URL.canParse(input) ? input : resolve(input))).sort();
  return `extend-parse-batch-${shortHash(names.join('\n'))}`;
}

/** A short name for a text of any length and any characters. */
export function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, KEY_LENGTH);
}

/** The name of the file that lists the documents of a batch: the key, or the hash of a key that is too long for a name. */
export function toListName(key: string): string {
  const encoded = encodeURIComponent(key);
  return `${encoded.length <= MAX_ENCODED_KEY_LENGTH ? encoded : shortHash(key)}.jsonl`;
}

/** The input itself, or the files in it if it is a folder, without those that the command has written. */
async function filesOf(input: string, out: string): Promise<string[]> {
  const stats = await stat(input).catch(() => undefined);
  if (!stats?.isDirectory()) return [input];
  const files: string[] = [];
  for await (const entry of await opendir(input)) {
    const path = join(input, entry.name);
    if (entry.name.startsWith('.') || resolve(path) === out) continue;
    if (entry.isDirectory()) files.push(...(await filesOf(path, out)));
    else if (entry.isFile()) files.push(relative('', path) || path);
  }
  return files.sort();
}
