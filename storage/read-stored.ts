import { createHash } from 'node:crypto';
import { type StoredOutput } from '../contract';
import { CollectedRun, decodeChunk, RunScan, type Chunk, type ParserRun } from '../contract/extend';
import { defined } from '../json';
import type { ResultStore } from './result-store';

/** Settings of {@link readStoredRun} and {@link readStoredChunks}. */
export interface ReadStoredOptions {
  /** Store to which the worker wrote the result. */
  readonly store: ResultStore;
  /** Ends the reading early. @default nothing does */
  readonly signal?: AbortSignal;
}

/**
 * Reads a stored run into memory. A known field that has another type in the stored object is absent in the returned
 * run, as in an inline result.
 *
 * @throws StoreRefusedError if the store has no such object; Error if the object's size or hash differs from what was
 * stored; ContractError if the object is not a run.
 */
export async function readStoredRun(output: StoredOutput, options: ReadStoredOptions): Promise<ParserRun> {
  const collected = new CollectedRun();
  for await (const part of checkedParts(output, options)) collected.write(part);
  collected.end();
  return collected.decode();
}

/**
 * Reads the chunks of a stored run one after the other, for documents that are too large for memory. The reader checks
 * size and hash after the last chunk, and throws if they differ. Until then the chunks are not verified.
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
  for await (const part of await store.read(uri, defined({ signal }))) {
    hash.update(part);
    received += part.length;
    yield part;
  }
  if (received !== bytes) throw new Error(`${uri} has ${received} bytes, but ${bytes} bytes were stored`);
  if (hash.digest('hex') !== sha256) throw new Error(`${uri} is not what was stored: its SHA-256 differs`);
}
