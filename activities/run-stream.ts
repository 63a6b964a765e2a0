import { createHash } from 'node:crypto';
import { ParseApiError, RunScan, type ParserRunFacts } from '../contract/extend';
import { JsonSyntaxError } from '../json';

/** A run on its way into a store. */
export interface RunStream {
  /** The bare run's bytes, as they arrive. Throws before its end if the answer is not a whole, finished run. */
  readonly content: AsyncIterable<Uint8Array>;
  /** What was seen. @throws Error if the content is not through: then whoever took it has not taken all. */
  summary(): RunStreamSummary;
  /** What the content threw, if it did: whoever reads it may throw something else in its place. */
  failure(): unknown;
  /** Ends the reading of the answer, wherever it stands. Throws nothing. */
  close(): Promise<void>;
}

/** What a run that has passed says of itself. */
export interface RunStreamSummary {
  readonly run: ParserRunFacts;
  /** Names of fields of the facts that are left out because of their type. */
  readonly leftOut: ReadonlySet<string>;
  readonly chunkCount: number;
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * Takes the run out of an answer of `GET /parser_runs/{id}`, byte for byte, while it arrives. Nothing of it is held but
 * the part that is under way, whatever the size of the answer, of a chunk, or of a string.
 *
 * @throws ContractError from the content, at its end: so a store never has a wrong or truncated run.
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
      if (found === undefined) throw new Error('the store has not read to the end of what it was given');
      return { ...found, leftOut, bytes, sha256: hash.digest('hex') };
    },
    failure: () => failure,
    close: async () => void (await pieces.return().catch(() => undefined)),
  };
}

function unreadable(error: JsonSyntaxError): ParseApiError {
  return new ParseApiError(`the finished run is not JSON: ${error.message}`, { kind: 'unreadable' }, { cause: error });
}
