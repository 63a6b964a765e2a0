import type { ParserRunFacts } from './parse-api';
import { ContractError } from './contract-error';
import { decodeFacts } from './decode-run';
import { findIdProblem } from './ids';
import { collectValue, type JsonPath, type JsonSink } from '../../json';
import type { NoteField } from './lenient';
import { redact } from '../../privacy';

const QUOTE = 0x22;
const OBJECT_START = 0x7b;
const ARRAY_START = 0x5b;
/** Kinds of values by their first character. Any other value is a number, which begins with a digit or a minus. */
const KINDS: Readonly<Record<string, string>> = {
  '"': 'a string',
  '{': 'an object',
  '[': 'an array',
  n: 'null',
  t: 'a boolean',
  f: 'a boolean',
};

/** Small members of a run, whose values are collected. */
const SMALL_MEMBERS: ReadonlySet<string | number | undefined> = new Set(['id', 'status', 'fileId', 'metrics', 'usage']);
/** Members of `metrics` and `usage` that are collected. */
const INNER_MEMBERS: ReadonlySet<string | number | undefined> = new Set(['pageCount', 'processingTimeMs', 'credits']);
/**
 * Limit of a member, far above any usable value with any escapes. A larger member counts as a value of the wrong type.
 */
const MAX_MEMBER_BYTES = 65_536;

/** The part of a finished run that has arrived in a stream so far. It holds no text of the document. */
export class SeenRun {
  /** Path of the run in messages. */
  readonly #prefix: string;
  readonly #members: Record<string, unknown> = {};
  #chunkCount: number | undefined;
  #isChunkOpen = false;
  /** The first byte of the open chunk's content. */
  #contentStart: number | undefined;
  /** The first problem because of which no reader could accept the run. */
  #breach: string | undefined;

  /** @param prefix path of the run in messages, with a dot at its end. @default empty: the run is the body itself */
  constructor(prefix = '') {
    this.#prefix = prefix;
  }

  /**
   * Takes the beginning of a value. `from` is the depth of the run's members.
   *
   * @returns a sink, if the value is needed
   */
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

  /**
   * Gives the number of chunks and the facts of the run.
   *
   * @throws ContractError if it is not a finished run with its output
   */
  finish(note: NoteField): { readonly run: ParserRunFacts; readonly chunkCount: number } {
    this.#endChunk();
    const { id, status, ...facts } = this.#members;
    if (typeof id !== 'string' || findIdProblem(id) !== undefined) this.#fail('id is missing or not usable');
    if (typeof status !== 'string') return this.#fail('status is missing or not a text');
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
    if (first !== ARRAY_START) this.#breach ??= `chunks: expected Array, got ${kindStartingWith(first)}`;
    this.#chunkCount ??= 0;
  }

  #seeChunk(first: number): void {
    this.#endChunk();
    const position = this.#chunkCount ?? 0;
    this.#chunkCount = position + 1;
    this.#isChunkOpen = true;
    if (first !== OBJECT_START) this.#breach ??= `chunks.${position}: expected Object, got ${kindStartingWith(first)}`;
  }

  #endChunk(): void {
    const start = this.#contentStart;
    const isRight = !this.#isChunkOpen || start === QUOTE;
    this.#isChunkOpen = false;
    this.#contentStart = undefined;
    if (isRight) return;
    const field = `chunks.${(this.#chunkCount ?? 0) - 1}.content`;
    this.#breach ??=
      start === undefined ? `${field} is missing` : `${field}: expected string, got ${kindStartingWith(start)}`;
  }

  #fail(problem: string): never {
    throw new ContractError(`${this.#prefix}${problem}`);
  }
}

function kindStartingWith(first: number): string {
  return KINDS[String.fromCharCode(first)] ?? 'a number';
}
