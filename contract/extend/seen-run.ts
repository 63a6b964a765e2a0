import type { ParserRunFacts } from './parse-api';
import { ContractError } from './contract-error';
import { decodeFacts } from './decode-run';
import { findIdProblem } from './ids';
import type { JsonPath } from '../../json';
import { collectValue, type JsonSink } from '../../json';
import type { NoteField } from './lenient';
import { redact } from '../../privacy';

const QUOTE = 0x22;
const OBJECT_START = 0x7b;
const ARRAY_START = 0x5b;
/** Kinds of values that begin with a letter; all others begin with a digit or a minus. */
const KINDS: Readonly<Record<string, string>> = {
  '"': 'a string',
  '{': 'an object',
  '[': 'an array',
  n: 'null',
  t: 'a boolean',
  f: 'a boolean',
};

/** Members of a run that are small and tell of the rest. */
const SMALL_MEMBERS: ReadonlySet<string | number | undefined> = new Set(['id', 'status', 'fileId', 'metrics', 'usage']);
/** Members of `metrics` and `usage`. */
const INNER_MEMBERS: ReadonlySet<string | number | undefined> = new Set(['pageCount', 'processingTimeMs', 'credits']);
/** Far above any usable value, however it is escaped. A larger one counts as a value of the wrong type. */
const MAX_MEMBER_BYTES = 65_536;

/** A finished run as far as it has been seen in a stream: it holds no text of the document. */
export class SeenRun {
  /** The run's path as messages name it. */
  readonly #prefix: string;
  readonly #members: Record<string, unknown> = {};
  #chunkCount: number | undefined;
  #isChunkOpen = false;
  /** The first byte of the open chunk's content. */
  #contentStart: number | undefined;
  /** The first thing that no reader could accept. */
  #breach: string | undefined;

  /** @param prefix the run's path in messages, with a dot at its end. @default the run is the body itself */
  constructor(prefix = '') {
    this.#prefix = prefix;
  }

  /** Sees the beginning of a value; `from` is the depth at which the run's members are. @returns the value's sink, if it is wanted */
  see(path: JsonPath, from: number, first: number): JsonSink | undefined {
    const member = path[from];
    switch (path.length - from) {
      case 1:
        return this.#seeMember(member, first);
      case 2:
        if (member !== 'chunks') return this.#seeInner(member, path[from + 1]);
        this.#seeChunk(first);
        return undefined;
      case 3:
        if (member === 'chunks' && path[from + 2] === 'content') this.#contentStart = first;
    }
    return undefined;
  }

  /** The number of chunks, and what the run says of itself. @throws ContractError if it is no finished run with its output */
  finish(note: NoteField): { readonly run: ParserRunFacts; readonly chunkCount: number } {
    this.#endChunk();
    const { id, status, ...facts } = this.#members;
    if (typeof id !== 'string' || findIdProblem(id) !== undefined) this.#fail('id is missing or not usable');
    if (typeof status !== 'string') return this.#fail('status is missing or no text');
    if (status !== 'PROCESSED') this.#fail(`status: expected "PROCESSED", got "${redact(status)}"`);
    if (this.#breach !== undefined) this.#fail(this.#breach);
    if (this.#chunkCount === undefined) return this.#fail('chunks is missing');
    return { run: { id, status, ...decodeFacts(facts, note) }, chunkCount: this.#chunkCount };
  }

  #seeMember(name: string | number | undefined, first: number): JsonSink | undefined {
    if (name === 'chunks') this.#seeChunks(first);
    if (!SMALL_MEMBERS.has(name)) return undefined;
    const isOpened = (name === 'metrics' || name === 'usage') && first === OBJECT_START;
    if (!isOpened) return this.#collect(this.#members, String(name));
    this.#members[name] = {};
    return undefined;
  }

  #seeInner(member: string | number | undefined, name: string | number | undefined): JsonSink | undefined {
    if (member !== 'metrics' && member !== 'usage') return undefined;
    const holder = this.#members[member];
    if (typeof holder !== 'object' || holder === null || !INNER_MEMBERS.has(name)) return undefined;
    return this.#collect(holder as Record<string, unknown>, String(name));
  }

  #collect(into: Record<string, unknown>, name: string): JsonSink {
    return collectValue(MAX_MEMBER_BYTES, (value) => (into[name] = value ?? null));
  }

  #seeChunks(first: number): void {
    if (this.#chunkCount !== undefined) this.#breach ??= 'chunks: expected one, got two';
    if (first !== ARRAY_START) this.#breach ??= `chunks: expected Array, got ${kindOf(first)}`;
    this.#chunkCount ??= 0;
  }

  #seeChunk(first: number): void {
    this.#endChunk();
    const position = this.#chunkCount ?? 0;
    this.#chunkCount = position + 1;
    this.#isChunkOpen = true;
    if (first !== OBJECT_START) this.#breach ??= `chunks.${position}: expected Object, got ${kindOf(first)}`;
  }

  #endChunk(): void {
    const start = this.#contentStart;
    const isRight = !this.#isChunkOpen || start === QUOTE;
    this.#isChunkOpen = false;
    this.#contentStart = undefined;
    if (isRight) return;
    const field = `chunks.${(this.#chunkCount ?? 0) - 1}.content`;
    this.#breach ??= start === undefined ? `${field} is missing` : `${field}: expected string, got ${kindOf(start)}`;
  }

  #fail(problem: string): never {
    throw new ContractError(`${this.#prefix}${problem}`);
  }
}

function kindOf(first: number): string {
  return KINDS[String.fromCharCode(first)] ?? 'a number';
}
