import * as v from 'valibot';
import type { Chunk, ParserRun, ParserRunFacts } from './contract';
import { SHAPE_REDACTOR, type Redactor } from './redactor';

/** A run's state as far as a status read or a submit tells it. Its words are redacted: they reach histories and messages. */
export interface RunState {
  readonly runId: string;
  readonly status: string;
  readonly failureReason?: string;
}

/** A body that is JSON but not what the contract promises. The message names the first wrong fields. */
export class ContractError extends Error {
  override readonly name = 'ContractError';
}

const MAX_ISSUES_NAMED = 3;

const nonEmpty = v.pipe(v.string(), v.nonEmpty());
const count = v.pipe(v.number(), v.minValue(0));

const runState = v.looseObject({ id: nonEmpty, status: nonEmpty, failureReason: v.optional(v.unknown()) });

const block = v.looseObject({ id: v.string(), type: v.string(), content: v.string() });

const chunk = v.looseObject({
  type: v.string(),
  content: v.string(),
  metadata: v.looseObject({ pageRange: v.looseObject({ start: v.number(), end: v.number() }) }),
  blocks: v.array(block),
});

const finishedRun = v.looseObject({
  id: nonEmpty,
  fileId: nonEmpty,
  status: nonEmpty,
  chunks: v.array(chunk),
  ocr: v.nullish(v.looseObject({ words: v.nullish(v.array(v.looseObject({}))) })),
  metrics: v.looseObject({ processingTimeMs: count, pageCount: count }),
  usage: v.nullish(v.looseObject({ credits: v.nullish(count) })),
});

/** A finished run without its content: what is left when that is streamed past. */
const runSummary = v.omit(finishedRun, ['chunks', 'ocr']);

const wrappedState = v.looseObject({ parserRun: runState });
const wrappedRun = v.looseObject({ parserRun: finishedRun });
const uploadedFile = v.looseObject({ file: v.looseObject({ id: nonEmpty }) });

/** Reads the answer of `POST /parse/async`: a bare object. @throws ContractError */
export function decodeSubmitAnswer(body: unknown, redactor: Redactor = SHAPE_REDACTOR): RunState {
  return toRunState(check(runState, body), redactor);
}

/** Reads the state out of an answer of `GET /parser_runs/{id}`: a wrapped object. @throws ContractError */
export function decodeStateAnswer(body: unknown, redactor: Redactor = SHAPE_REDACTOR): RunState {
  return toRunState(check(wrappedState, body).parserRun, redactor);
}

/**
 * Reads a finished run out of an answer of `GET /parser_runs/{id}`. Unknown fields, unknown words and `null` for what
 * is optional are kept. @throws ContractError
 */
export function decodeRunAnswer(body: unknown): ParserRun {
  return check(wrappedRun, body).parserRun as unknown as ParserRun;
}

/** Reads a run as it is stored: bare. @throws ContractError */
export function decodeBareRun(body: unknown): ParserRun {
  return check(finishedRun, body) as unknown as ParserRun;
}

/** Reads what a finished run says beside its content. @throws ContractError */
export function decodeRunSummary(body: unknown): ParserRunFacts {
  return check(runSummary, body) as unknown as ParserRunFacts;
}

/** Reads one chunk, wherever it came from. @throws ContractError */
export function decodeChunk(body: unknown): Chunk {
  return check(chunk, body) as unknown as Chunk;
}

/** Reads the answer of `POST /files/upload`: a wrapped object. @throws ContractError */
export function decodeUploadAnswer(body: unknown): { readonly fileId: string } {
  return { fileId: check(uploadedFile, body).file.id };
}

function toRunState(state: v.InferOutput<typeof runState>, redactor: Redactor): RunState {
  return {
    runId: state.id,
    status: redactor.text(state.status),
    ...(state.failureReason != null && { failureReason: redactor.reason(toText(state.failureReason)) }),
  };
}

/** A run that failed has failed, whatever kind of value says why. */
function toText(reason: unknown): string {
  return typeof reason === 'string' ? reason : JSON.stringify(reason);
}

function check<Schema extends v.GenericSchema>(schema: Schema, body: unknown): v.InferOutput<Schema> {
  const checked = v.safeParse(schema, body);
  if (checked.success) return checked.output;
  throw new ContractError(checked.issues.slice(0, MAX_ISSUES_NAMED).map(describe).join('; '));
}

function describe(issue: v.BaseIssue<unknown>): string {
  const name = v.getDotPath(issue) ?? 'the body';
  if (issue.input === undefined) return `${name} is missing`;
  const expected = issue.type === 'non_empty' ? 'a text that is not empty' : (issue.expected ?? 'another value');
  return `${name}: expected ${expected}, got ${kindOf(issue)}`;
}

/** The received value's kind, never the value: it may be the document's text. */
function kindOf(issue: v.BaseIssue<unknown>): string {
  const { input } = issue;
  if (input === null || typeof input === 'number' || input === '') return JSON.stringify(input);
  if (typeof input === 'object') return Array.isArray(input) ? 'an array' : 'an object';
  return `a ${typeof input}`;
}
