import { createHash } from 'node:crypto';
import {
  collectValue,
  ContractError,
  decodeRunSummary,
  JsonSplitter,
  JsonSyntaxError,
  ParseApiError,
  redact,
  type JsonPath,
  type JsonSink,
  type ParserRunFacts,
} from '../api';

/** Members of a run that are small and tell of the rest. */
const SUMMARY_MEMBERS: ReadonlySet<string | number> = new Set(['id', 'fileId', 'status', 'metrics', 'usage']);
const MAX_MEMBER_BYTES = 65_536;
/** How the values begin that each chunk must have. */
const CHUNK_MEMBERS: Readonly<Record<string, number>> = { content: 0x22, blocks: 0x5b, metadata: 0x7b };
const ARRAY_START = 0x5b;

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
  const seen: Seen = { members: {}, chunkCount: undefined, chunkMembers: 0, taken: [] };
  let bytes = 0;
  let failure: unknown;
  let isThrough = false;
  const splitter = new JsonSplitter(4, (path) => sinkFor(path, seen));
  async function* content(): AsyncGenerator<Uint8Array, void> {
    try {
      for await (const part of answer) {
        splitter.write(part);
        for (const piece of seen.taken.splice(0)) {
          hash.update(piece);
          bytes += piece.length;
          yield piece;
        }
      }
      splitter.end();
      checkFinished(seen);
      isThrough = true;
    } catch (error) {
      failure = error instanceof JsonSyntaxError ? unreadable(error) : error;
      throw failure;
    }
  }
  const pieces = content();
  return {
    content: pieces,
    summary: () => {
      if (!isThrough) throw new Error('the store has not read to the end of what it was given');
      const { members, chunkCount = 0 } = seen;
      return { run: decodeRunSummary(members), chunkCount, bytes, sha256: hash.digest('hex') };
    },
    failure: () => failure,
    close: async () => void (await pieces.return().catch(() => undefined)),
  };
}

/** What has been seen of a run so far. */
interface Seen {
  readonly members: Record<string, unknown>;
  chunkCount: number | undefined;
  /** How many of {@link CHUNK_MEMBERS} were there, in all chunks together. */
  chunkMembers: number;
  /** The run's bytes that have not been given yet. */
  readonly taken: Uint8Array[];
}

function sinkFor([root, member, position, part]: JsonPath, seen: Seen): JsonSink | undefined {
  if (root !== 'parserRun') return undefined;
  if (member === undefined) return { write: (bytes) => void seen.taken.push(bytes) };
  if (member === 'chunks') {
    if (part !== undefined) return chunkMemberSink(part, seen);
    if (typeof position === 'number') seen.chunkCount = position + 1;
    return position === undefined ? beginning(ARRAY_START, () => (seen.chunkCount ??= 0)) : undefined;
  }
  if (position !== undefined || !SUMMARY_MEMBERS.has(member)) return undefined;
  return collectValue(MAX_MEMBER_BYTES, (value) => (seen.members[member] = value));
}

function chunkMemberSink(member: string | number, seen: Seen): JsonSink | undefined {
  const first = Object.hasOwn(CHUNK_MEMBERS, member) ? CHUNK_MEMBERS[member] : undefined;
  return first === undefined ? undefined : beginning(first, () => (seen.chunkMembers += 1));
}

/** Looks at how a value begins, and at nothing else of it. */
function beginning(expected: number, isSo: () => void): JsonSink {
  let first: number | undefined;
  return {
    write: (bytes) => (first ??= bytes[0]),
    end: () => void (first === expected && isSo()),
  };
}

function checkFinished({ members, chunkCount, chunkMembers }: Seen): void {
  const { status } = decodeRunSummary(members);
  if (status !== 'PROCESSED') throw new ContractError(`parserRun.status: expected PROCESSED, got ${redact(status)}`);
  if (chunkCount === undefined) throw new ContractError('parserRun.chunks: expected Array, got something else');
  const names = Object.keys(CHUNK_MEMBERS);
  if (chunkMembers !== chunkCount * names.length)
    throw new ContractError(`parserRun.chunks: expected chunks with ${names.join(', ')}, got something else`);
}

function unreadable(error: JsonSyntaxError): ParseApiError {
  return new ParseApiError(`the finished run is not JSON: ${error.message}`, { kind: 'unreadable' }, { cause: error });
}
