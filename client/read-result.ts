import type { Chunk, ParserRun, ParseResult } from '../api';
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

function storeOf({ resultDirectory, resultStore }: ReadResultOptions): ResultStore {
  if (resultStore !== undefined) return resultStore;
  if (resultDirectory !== undefined) return createFileStore({ directory: resultDirectory });
  throw new TypeError("the result is stored: give ParseClient the 'resultStore' or 'resultDirectory' of the workers");
}
