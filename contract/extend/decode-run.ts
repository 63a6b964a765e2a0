import type { Chunk, ParserRun, ParserRunFacts } from './parse-api';
import { ContractError } from './contract-error';
import { findIdProblem } from './ids';
import { cutDeeperThan, defined, isDeeperThan, isPlainObject, kindOf, MAX_LEVELS } from '../../json';
import { expected, listOf, only, optional, record, type LenientReader, type NoteField } from './lenient';

const isNumber = (value: unknown): value is number => Number.isFinite(value);
const text = only((value) => typeof value === 'string');
const number = only(isNumber);
const count = only((value) => isNumber(value) && value >= 0);
const object = only(isPlainObject);
const id = only((value) => typeof value === 'string' && findIdProblem(value) === undefined);

/** Reader of a page range. A range or a point with a missing coordinate is left out completely. */
const pageRange = only((value) => isPlainObject(value) && isNumber(value.start) && isNumber(value.end));
const isPoint = (value: unknown) => isPlainObject(value) && isNumber(value.x) && isNumber(value.y);
const polygon = only((value) => Array.isArray(value) && value.every(isPoint));

const side = optional(number);
const page = record({ number: side, width: side, height: side });

const block: LenientReader = record({
  object: expected(text),
  id: expected(text),
  type: expected(text),
  content: expected(text),
  details: optional(object),
  metadata: optional(record({ page: optional(page) })),
  polygon: optional(polygon),
  boundingBox: optional(record({ left: side, right: side, top: side, bottom: side })),
  parentBlockId: optional(text),
  children: optional((value, field, note) => listOf(block)(value, field, note)),
});

const chunk = record({
  object: expected(text),
  type: expected(text),
  metadata: expected(record({ pageRange: expected(pageRange) })),
  blocks: expected(listOf(block)),
});

const facts = {
  fileId: expected(id),
  metrics: expected(record({ processingTimeMs: expected(count), pageCount: expected(count) })),
  usage: optional(record({ credits: optional(count) })),
  metadata: optional(object),
};

const run = record({
  ...facts,
  object: expected(text),
  failureReason: optional(text),
  ocr: optional(record({ words: optional(listOf(object)) })),
  config: optional(object),
  output: optional(record({ metadata: optional(object) })),
});

/** Names of members that may be noted. Other names are noted as `*`, because they may be text of the document. */
const SHOWN_NAME = /^\w{1,40}$/;

/**
 * Decodes a finished run of any version, and gives it the shape of {@link ParserRun}. Required are its `id`, its `status`
 * and the `content` of each chunk. Any other known field that is absent or has another type is absent in the returned
 * run. Unknown fields are kept. Each field is cut to 100 levels.
 *
 * @param note takes the names of fields that are left out. @default the names are ignored
 * @throws ContractError if a required field is missing or of another type.
 */
export function decodeRun(body: unknown, note: NoteField = ignore): ParserRun {
  const flat = isPlainObject(body) ? flatten(body) : fail('the body', body, 'Object');
  const { id: runId, status, chunks } = flat;
  if (typeof runId !== 'string' || findIdProblem(runId) !== undefined) fail('id', runId, 'string');
  if (typeof status !== 'string' || status === '') fail('status', status, 'string');
  if (!Array.isArray(chunks)) return fail('chunks', chunks, 'Array');
  const kept = run(shallow(flat, '', note), '', note) as ParserRun;
  return { ...kept, chunks: chunks.map((one, at) => readChunk(one, `chunks.${at}`, note)) };
}

/** Gives a run of version 2026-02-09 the shape that a run of 2025-04-21 has. Leaves any other run unchanged. */
function flatten(body: Record<string, unknown>): Record<string, unknown> {
  const { output, outputUrl: _, ...members } = body;
  const fileId = fileIdOf(body);
  if (!isPlainObject(output) || output.chunks === undefined) return { ...body, ...defined({ fileId }) };
  if (members.chunks !== undefined) throw new ContractError('chunks: expected one, got two');
  const { chunks, ocr, ...rest } = output;
  return { ...members, ...defined({ fileId, chunks, ocr, output: Object.keys(rest).length > 0 ? rest : undefined }) };
}

function fileIdOf({ fileId, file }: Record<string, unknown>): unknown {
  return fileId === undefined && isPlainObject(file) ? file.id : fileId;
}

/** Decodes one chunk by the rules of {@link decodeRun}. @throws ContractError if the chunk has no content */
export function decodeChunk(body: unknown, note: NoteField = ignore): Chunk {
  return readChunk(body, '', note);
}

/** Decodes the fields of a run that become part of the workflow's result, by the rules of {@link decodeRun}. */
export function decodeFacts(
  members: Readonly<Record<string, unknown>>,
  note: NoteField = ignore,
): Omit<ParserRunFacts, 'id' | 'status'> {
  return record(facts)(members, '', note) as ParserRunFacts;
}

function readChunk(body: unknown, at: string, note: NoteField): Chunk {
  if (!isPlainObject(body)) return fail(at === '' ? 'the body' : at, body, 'Object');
  if (typeof body.content !== 'string') fail(at === '' ? 'content' : `${at}.content`, body.content, 'string');
  return chunk(shallow(body, 'chunks[].', note), 'chunks[]', note) as Chunk;
}

/**
 * Cuts members that are nested too deeply, because neither the worker nor a reader of the result could write them as
 * JSON.
 */
function shallow(members: Record<string, unknown>, prefix: string, note: NoteField): Record<string, unknown> {
  const deep = Object.keys(members).filter((name) => name !== 'chunks' && isDeeperThan(members[name], MAX_LEVELS));
  if (deep.length === 0) return members;
  for (const name of deep) note(`${prefix}${SHOWN_NAME.test(name) ? name : '*'}`);
  return Object.fromEntries(
    Object.entries(members).map(([name, value]) => [
      name,
      deep.includes(name) ? cutDeeperThan(value, MAX_LEVELS) : value,
    ]),
  );
}

function fail(field: string, value: unknown, wanted: string): never {
  if (value === undefined) throw new ContractError(`${field} is missing`);
  throw new ContractError(`${field}: expected ${wanted}, got ${kindOf(value)}`);
}

function ignore(): void {
  // The caller does not need the names.
}
