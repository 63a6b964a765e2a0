import type { ParserRunFacts } from './parse-api';
import { ContractError } from './contract-error';
import { decodeFacts } from './decode-run';
import { findIdProblem } from './ids';
import { collectValue, isPlainObject, type JsonPath, type JsonSink } from '../../json';
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
const SMALL_MEMBERS: ReadonlySet<string | number | undefined> = new Set([
  'id',
  'status',
  'fileId',
  'file',
  'metrics',
  'usage',
  'metadata',
]);
/** Members of an object of the run that are collected, by the object's name. */
const INNER_MEMBERS: Readonly<Record<string, readonly string[]>> = {
  file: ['id'],
  metrics: ['pageCount', 'processingTimeMs'],
  usage: ['credits'],
};
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
  #hasOutput = false;
  /** The first byte of the open chunk's content. */
  #contentStart: number | undefined;
  /** The first problem because of which no reader could accept the run. */
  #breach: string | undefined;

  /** @param prefix path of the run in messages, with a dot at its end. @default empty: the run is the body itself */
  constructor(prefix = '') {
    this.#prefix = prefix;
  }

  /**
   * Takes the beginning of a value. `from` is the depth of the run's members. The content lies among them, or in the
   * member `output`.
   *
   * @returns a sink, if the value is needed
   */
  see(path: JsonPath, from: number, first: number): JsonSink | undefined {
    const member = path[from];
    const depth = path.length - from;
    if (member === 'output' && depth === 1) this.#seeOutput();
    this.#seeContent(path, contentDepth(path, from), first);
    if (depth === 1) return this.#seeMember(member, first);
    return depth === 2 ? this.#seeInner(member, path[from + 1]) : undefined;
  }

  /**
   * Gives the number of chunks and the facts of the run.
   *
   * @throws ContractError if it is not a finished run with its output
   */
  finish(note: NoteField): { readonly run: ParserRunFacts; readonly chunkCount: number } {
    this.#endChunk();
    const { id, status, file, ...facts } = this.#members;
    if (typeof id !== 'string' || findIdProblem(id) !== undefined) this.#fail('id is missing or not usable');
    if (typeof status !== 'string') return this.#fail('status is missing or not a text');
    if (status !== 'PROCESSED') this.#fail(`status: expected "PROCESSED", got "${redact(status)}"`);
    if (this.#breach !== undefined) this.#fail(this.#breach);
    if (this.#chunkCount === undefined) return this.#fail('chunks is missing');
    const named = isPlainObject(file) ? { fileId: file.id, ...facts } : facts;
    return { run: { id, status, ...decodeFacts(named, note) }, chunkCount: this.#chunkCount };
  }

  #seeOutput(): void {
    if (this.#hasOutput) this.#breach ??= 'output: expected one, got two';
    this.#hasOutput = true;
  }

  #seeContent(path: JsonPath, from: number, first: number): void {
    if (path[from] !== 'chunks') return;
    const depth = path.length - from;
    if (depth === 1) this.#seeChunks(first);
    if (depth === 2) this.#seeChunk(first);
    if (depth === 3 && path[from + 2] === 'content') this.#contentStart = first;
  }

  #seeMember(name: string | number | undefined, first: number): JsonSink | undefined {
    if (!SMALL_MEMBERS.has(name)) return undefined;
    const isOpened = innerMembers(name) !== undefined && first === OBJECT_START;
    if (!isOpened) return this.#collect(this.#members, String(name));
    this.#members[String(name)] = {};
    return undefined;
  }

  #seeInner(member: string | number | undefined, name: string | number | undefined): JsonSink | undefined {
    const holder = this.#members[String(member)];
    const isWanted = innerMembers(member)?.includes(String(name)) === true;
    if (!isWanted || typeof holder !== 'object' || holder === null) return undefined;
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

/** Returns the depth of the run's `chunks`: the depth of its members, or one more if the path leads into `output`. */
export function contentDepth(path: JsonPath, from: number): number {
  return path[from] === 'output' ? from + 1 : from;
}

function innerMembers(name: string | number | undefined): readonly string[] | undefined {
  return Object.hasOwn(INNER_MEMBERS, String(name)) ? INNER_MEMBERS[String(name)] : undefined;
}
