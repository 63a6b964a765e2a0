import type { BatchOutcomes, DocumentOutcome, ParseResult } from '../contract';
import type { Chunk, ParserRun } from '../contract/extend';
import { createFileStore, readStoredChunks, readStoredRun, type ResultStore } from '../storage';

/** Where stored results are read from. */
export interface ReadResultOptions {
  /** The directory that the workers keep results in, seen from here. @default none */
  readonly resultDirectory?: string;
  /** The store that the workers keep results in. @default none */
  readonly resultStore?: ResultStore;
}

/**
 * Gives the chunks of a result one after the other, whether it is inline or stored: a stored document is never in
 * memory as a whole.
 *
 * @throws TypeError if it is stored, and no store was given; otherwise as `readStoredChunks`.
 */
export async function* readChunks({ output }: ParseResult, options: ReadResultOptions): AsyncGenerator<Chunk, void> {
  if (output.kind === 'inline') yield* output.chunks;
  else yield* readStoredChunks(output, { store: storeOf(options) });
}

/**
 * Reads the whole stored run, in memory.
 *
 * @throws TypeError if the result is inline, or no store was given; otherwise as `readStoredRun`.
 */
export async function readRun({ output }: ParseResult, options: ReadResultOptions): Promise<ParserRun> {
  if (output.kind === 'inline')
    throw new TypeError("result must be of kind 'stored', got 'inline': its chunks are in it");
  return readStoredRun(output, { store: storeOf(options) });
}

/**
 * Gives the outcomes of a batch one after the other, segment by segment.
 *
 * @throws TypeError if no store was given; StoreRefusedError where it has no such segment.
 */
export async function* readOutcomes(
  { uri, segments }: BatchOutcomes,
  options: ReadResultOptions,
): AsyncGenerator<DocumentOutcome, void> {
  const store = storeOf(options);
  for (let segment = 1; segment <= segments; segment += 1) {
    const parts: Uint8Array[] = [];
    for await (const part of await store.read(`${uri}/${segment}.jsonl`)) parts.push(part);
    const lines = Buffer.concat(parts).toString('utf8').split('\n');
    for (const line of lines) if (line !== '') yield JSON.parse(line) as DocumentOutcome;
  }
}

function storeOf({ resultDirectory, resultStore }: ReadResultOptions): ResultStore {
  if (resultStore !== undefined) return resultStore;
  if (resultDirectory !== undefined) return createFileStore({ directory: resultDirectory });
  throw new TypeError("the result is stored: give ParseClient the 'resultStore' or 'resultDirectory' of the workers");
}
