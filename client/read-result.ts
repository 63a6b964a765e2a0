import type { BatchOutcomes, DocumentOutcome, ParseResult } from '../contract';
import type { Chunk, ParserRun } from '../contract/extend';
import { readJsonLines } from '../json';
import { createFileStore, readStoredChunks, readStoredRun, type ResultStore } from '../storage';

/** Store from which results are read. */
export interface ReadResultOptions {
  /** Directory in which the workers store results, as a path of this machine. @default none */
  readonly resultDirectory?: string;
  /** Store in which the workers store results. @default none */
  readonly resultStore?: ResultStore;
}

/**
 * Gives the chunks of a result one after the other, whether it is inline or stored. A stored document is never in
 * memory as a whole.
 *
 * @throws TypeError if the result is stored, and no store was given; otherwise as `readStoredChunks`.
 */
export async function* readChunks({ output }: ParseResult, options: ReadResultOptions): AsyncGenerator<Chunk, void> {
  if (output.kind === 'inline') yield* output.chunks;
  else yield* readStoredChunks(output, { store: storeOf(options) });
}

/**
 * Reads a stored run as a whole into memory.
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
 * @throws TypeError if no store was given; StoreRefusedError if the store has no such segment.
 */
export async function* readOutcomes(
  { uri, segments }: BatchOutcomes,
  options: ReadResultOptions,
): AsyncGenerator<DocumentOutcome, void> {
  const store = storeOf(options);
  for (let segment = 1; segment <= segments; segment += 1) {
    // The store is read to the end of the segment first, because the caller may take any time for an outcome.
    const outcomes: unknown[] = [];
    for await (const outcome of readJsonLines(await store.read(`${uri}/${segment}.jsonl`))) outcomes.push(outcome);
    yield* outcomes as DocumentOutcome[];
  }
}

function storeOf({ resultDirectory, resultStore }: ReadResultOptions): ResultStore {
  if (resultStore !== undefined) return resultStore;
  if (resultDirectory !== undefined) return createFileStore({ directory: resultDirectory });
  throw new TypeError("the result is stored: give ParseClient the 'resultStore' or 'resultDirectory' of the workers");
}
