import type { ParserRunFacts } from './parse-api';
import { ContractError } from './contract-error';
import { collectValue, JsonSplitter, type JsonPath, type JsonSink } from '../../json';
import type { NoteField } from './lenient';
import { contentDepth, SeenRun } from './seen-run';

const OBJECT_START = 0x7b;
/** Depth of the deepest path that the scan uses: `parserRun.chunks.0.content`, or `output.chunks.0.content`. */
const DEPTH = 4;
/** Bytes that the scan holds until it knows where the run is. */
const MAX_HELD_BYTES = 1_048_576;
/** Limit of one chunk, in bytes. A larger chunk is refused. */
const MAX_CHUNK_BYTES = 256 * 1024 * 1024;
const TWO_RUNS = 'the body: expected one run, got two';

/** Functions that take the findings of a {@link RunScan}. */
export interface RunScanOptions {
  /** Takes the run's own bytes as they arrive. They are views of the written bytes. @default the bytes are ignored */
  readonly onBytes?: (bytes: Uint8Array) => void;
  /** Takes the value of each chunk when the chunk is complete. @default the chunks are ignored */
  readonly onChunk?: (chunk: unknown) => void;
}

/**
 * Scan that finds a finished run in an answer of Extend, or in a stored object, while the text arrives. The run is the
 * member `parserRun` if that is an object, else the body itself. Its content lies in the run, or in the run's member
 * `output`. Inline results, stored results and the readers of stored results all use this scan, so that they accept the
 * same runs.
 *
 * @throws JsonSyntaxError from `write` or `end`.
 */
export class RunScan {
  readonly #options: RunScanOptions;
  readonly #splitter = new JsonSplitter(DEPTH, (path, first) => this.#take(path, first));
  readonly #bare = new SeenRun();
  #wrapped: SeenRun | undefined;
  /** Bytes of the body, as long as the body itself may be the run. */
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #isBare = false;
  #breach: string | undefined;

  constructor(options: RunScanOptions = {}) {
    this.#options = options;
  }

  /** Reads the next bytes. */
  write(part: Uint8Array): void {
    this.#splitter.write(part);
  }

  /** Ends the text. */
  end(): void {
    this.#splitter.end();
  }

  /**
   * Gives the run's facts and the number of its chunks, after the end of the text.
   *
   * @param note takes the names of fields that are left out. @default the names are ignored
   * @throws ContractError if there is no finished run, or more than one.
   */
  finish(note: NoteField = () => undefined): { readonly run: ParserRunFacts; readonly chunkCount: number } {
    if (this.#breach !== undefined) throw new ContractError(this.#breach);
    return (this.#wrapped ?? this.#bare).finish(note);
  }

  #take(path: JsonPath, first: number): JsonSink | undefined {
    if (path.length === 0) return first === OBJECT_START ? { write: (bytes) => this.#takeBody(bytes) } : undefined;
    if (path[0] !== 'parserRun') return this.#takeMember(path, first);
    if (path.length === 1) return first === OBJECT_START ? this.#openWrapped() : undefined;
    if (path.length === 2 && path[1] === 'parserRun' && first === OBJECT_START) this.#breach ??= TWO_RUNS;
    // No version of the API puts a run with `output` into an envelope. The scan accepts such a run all the same.
    if (path.length === 2 && path[1] === 'output') this.#splitter.lookDownTo(DEPTH + 1);
    const sink = this.#wrapped?.see(path, 1, first);
    return this.#wrapped && (this.#chunkSink(path, 1) ?? sink);
  }

  #takeMember(path: JsonPath, first: number): JsonSink | undefined {
    const isContent = path.length === 1 && isContentMember(path[0], first);
    if (isContent && this.#wrapped !== undefined) this.#breach ??= TWO_RUNS;
    if (isContent && this.#wrapped === undefined) this.#isBare = true;
    const sink = this.#bare.see(path, 0, first);
    return this.#chunkSink(path, 0) ?? sink;
  }

  #openWrapped(): JsonSink | undefined {
    if (this.#wrapped !== undefined) this.#breach ??= 'parserRun: expected one, got two';
    if (this.#isBare) this.#breach ??= TWO_RUNS;
    if (this.#breach !== undefined) return undefined;
    this.#wrapped = new SeenRun('parserRun.');
    this.#held = [];
    return { write: (bytes) => this.#options.onBytes?.(bytes) };
  }

  /**
   * Takes bytes of the body. It holds them until the content begins, because before that the run may still follow as
   * `parserRun`.
   */
  #takeBody(bytes: Uint8Array): void {
    if (this.#wrapped !== undefined) return;
    if (!this.#isBare) {
      this.#heldBytes += bytes.length;
      if (this.#heldBytes > MAX_HELD_BYTES) {
        this.#breach ??= `the body: no run in its first ${MAX_HELD_BYTES} bytes`;
        this.#held = [];
      } else this.#held.push(bytes.slice());
      return;
    }
    for (const held of this.#held.splice(0)) this.#options.onBytes?.(held);
    this.#options.onBytes?.(bytes);
  }

  #chunkSink(path: JsonPath, from: number): JsonSink | undefined {
    const { onChunk } = this.#options;
    const at = contentDepth(path, from);
    const isChunk = path.length === at + 2 && path[at] === 'chunks' && typeof path[at + 1] === 'number';
    return isChunk && onChunk ? collectValue(MAX_CHUNK_BYTES, onChunk) : undefined;
  }
}

/** Tells if a member of the body is content, so that the body itself is the run. `output` is `null` without content. */
function isContentMember(name: string | number | undefined, first: number): boolean {
  return name === 'chunks' || name === 'ocr' || (name === 'output' && first === OBJECT_START);
}
