import { createHash } from 'node:crypto';
import { ParseApiError, RunScan, type ParserRunFacts } from '../contract/extend';
import { JsonSyntaxError } from '../json';

/** A run that is streamed into a store. */
export interface RunStream {
  /**
   * Bytes of the bare run as they arrive. The iteration throws before its end if the answer is not a complete, finished
   * run.
   */
  readonly content: AsyncIterable<Uint8Array>;
  /** Gives the summary of the run. @throws Error if the store has not read the content to its end */
  summary(): RunStreamSummary;
  /**
   * Gives the error that the content threw, if it threw one. The store that reads the content may throw another error
   * instead.
   */
  failure(): unknown;
  /** Ends the reading of the answer at any point. It never throws. */
  close(): Promise<void>;
}

/** Facts of a run that was streamed to its end. */
export interface RunStreamSummary {
  readonly run: ParserRunFacts;
  /** Names of fields that `run` lacks because of their type. */
  readonly leftOut: ReadonlySet<string>;
  readonly chunkCount: number;
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * Takes the run out of an answer of Extend, byte for byte, while the answer arrives. It holds only the current part in
 * memory, for any size of the answer, of a chunk, or of a string.
 *
 * @throws ContractError from the content, before its end, so that a store never keeps a wrong or truncated run.
 */
export function createRunStream(answer: AsyncIterable<Uint8Array>): RunStream {
  const hash = createHash('sha256');
  const taken: Uint8Array[] = [];
  const leftOut = new Set<string>();
  const scan = new RunScan({ onBytes: (piece) => taken.push(piece) });
  let bytes = 0;
  let failure: unknown;
  let found: ReturnType<RunScan['finish']> | undefined;
  async function* content(): AsyncGenerator<Uint8Array, void> {
    try {
      for await (const part of answer) {
        scan.write(part);
        for (const piece of taken.splice(0)) {
          hash.update(piece);
          bytes += piece.length;
          yield piece;
        }
      }
      scan.end();
      found = scan.finish((field) => leftOut.add(field));
    } catch (error) {
      failure = error instanceof JsonSyntaxError ? unreadable(error) : error;
      throw failure;
    }
  }
  const pieces = content();
  return {
    content: pieces,
    summary: () => {
      if (found === undefined) throw new Error('the store has not read the content to its end');
      return { ...found, leftOut, bytes, sha256: hash.digest('hex') };
    },
    failure: () => failure,
    close: async () => void (await pieces.return().catch(() => undefined)),
  };
}

function unreadable(error: JsonSyntaxError): ParseApiError {
  return new ParseApiError(`the finished run is not JSON: ${error.message}`, { kind: 'unreadable' }, { cause: error });
}
