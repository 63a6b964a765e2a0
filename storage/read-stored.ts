import { createHash } from 'node:crypto';
import { type StoredOutput } from '../contract';
import { CollectedRun, decodeChunk, RunScan, type Chunk, type ParserRun } from '../contract/extend';
import type { ResultStore } from './result-store';

/** Settings of {@link readStoredRun} and {@link readStoredChunks}. */
export interface ReadStoredOptions {
  /** The store that the worker wrote to. */
  readonly store: ResultStore;
  /** Ends the reading early. @default nothing does */
  readonly signal?: AbortSignal;
}

/**
 * Reads a stored run back, whole and in memory. Fields that the contract has, and that are of another type in the stored
 * object, are absent in what it gives, as they are in an inline result.
 *
 * @throws StoreRefusedError where the store has no such object; Error if it is not what was stored, by size and hash;
 * ContractError if it is no run.
 */
export async function readStoredRun(output: StoredOutput, options: ReadStoredOptions): Promise<ParserRun> {
  const collected = new CollectedRun();
  for await (const part of checkedParts(output, options)) collected.write(part);
  collected.end();
  return collected.decode();
}

/**
 * Reads the chunks of a stored run one after the other: for documents that fit in no memory. What it has given may be
 * wrong until it is through: size and hash are known at the end only, and then it throws.
 *
 * @throws as {@link readStoredRun}
 */
export async function* readStoredChunks(output: StoredOutput, options: ReadStoredOptions): AsyncGenerator<Chunk, void> {
  const found: unknown[] = [];
  const scan = new RunScan({ onChunk: (chunk) => found.push(chunk) });
  for await (const part of checkedParts(output, options)) {
    scan.write(part);
    for (const chunk of found.splice(0)) yield decodeChunk(chunk);
  }
  scan.end();
  scan.finish();
}

async function* checkedParts(
  { uri, bytes, sha256 }: StoredOutput,
  { store, signal }: ReadStoredOptions,
): AsyncGenerator<Uint8Array, void> {
  const hash = createHash('sha256');
  let received = 0;
  for await (const part of await store.read(uri, signal ? { signal } : {})) {
    hash.update(part);
    received += part.length;
    yield part;
  }
  if (received !== bytes) throw new Error(`${uri} has ${received} bytes, stored were ${bytes}`);
  if (hash.digest('hex') !== sha256) throw new Error(`${uri} is not what was stored: its SHA-256 differs`);
}
