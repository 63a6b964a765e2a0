import * as v from 'valibot';
import { ContractError } from './contract-error';
import { findIdProblem } from './ids';
import { defined, isDeeperThan, isPlainObject, kindOf, MAX_LEVELS } from '../../json';
import { SHAPE_REDACTOR, type Redactor } from '../../privacy';

/**
 * State of a run, from the answer of a poll or of a submit. Its texts are redacted, because histories and messages
 * contain them.
 */
export interface RunState {
  readonly runId: string;
  readonly status: string;
  readonly failureReason?: string;
  /** Explanation of the failure for people. Version 2026-02-09 only. */
  readonly failureMessage?: string;
}

const MAX_ISSUES_NAMED = 3;

const nonEmpty = v.pipe(v.string(), v.nonEmpty());
/** Schema for an id that requests can name. */
const usableId = v.pipe(
  nonEmpty,
  v.check((id) => id === '' || findIdProblem(id) === undefined),
);

const reason = v.optional(v.unknown());
const failure = { failureReason: reason, failureMessage: reason };
const runState = v.looseObject({ id: usableId, status: nonEmpty, ...failure });
const submittedRun = v.looseObject({ id: nonEmpty, ...failure });
const uploadedFile = v.looseObject({ id: usableId });

/**
 * Reads the answer of a submit, in any version. The run is the member `parserRun`, or the body itself. An answer with an
 * id means that a run exists. Without a status the run counts as `PROCESSING`. The function accepts an id that no request
 * can name, so the caller checks the id.
 *
 * @throws ContractError if there is no id.
 */
export function decodeSubmitAnswer(body: unknown, redactor: Redactor = SHAPE_REDACTOR): RunState {
  const run = checkMember(submittedRun, body, 'parserRun');
  const { status } = run;
  return toRunState({ ...run, status: typeof status === 'string' && status !== '' ? status : 'PROCESSING' }, redactor);
}

/**
 * Reads the state of a run from an answer to a poll, in any version. The run is the member `parserRun`, or the body
 * itself.
 *
 * @throws ContractError if there is no usable id or no status
 */
export function decodeStateAnswer(body: unknown, redactor: Redactor = SHAPE_REDACTOR): RunState {
  return toRunState(checkMember(runState, body, 'parserRun'), redactor);
}

/**
 * Reads the answer of `POST /files/upload`. The file is the member `file`, or the body itself.
 *
 * @throws ContractError if there is no usable id
 */
export function decodeUploadAnswer(body: unknown): { readonly fileId: string } {
  return { fileId: checkMember(uploadedFile, body, 'file').id };
}

interface AnsweredState {
  readonly id: string;
  readonly status: string;
  readonly failureReason?: unknown;
  readonly failureMessage?: unknown;
}

function toRunState({ id, status, failureReason, failureMessage }: AnsweredState, redactor: Redactor): RunState {
  const toSafe = (text: unknown) => (text == null ? undefined : redactor.reason(toText(text)));
  const failure = { failureReason: toSafe(failureReason), failureMessage: toSafe(failureMessage) };
  return { runId: id, status: redactor.text(status), ...defined(failure) };
}

/** Turns a reason into a text. A reason of an unexpected type does not change the fact that the run failed. */
function toText(reason: unknown): string {
  if (typeof reason === 'string') return reason;
  if (isDeeperThan(reason, MAX_LEVELS)) return `a reason with more than ${MAX_LEVELS} levels of objects and arrays`;
  return JSON.stringify(reason);
}

/** Checks the member of an envelope if it is an object, else the body itself. */
function checkMember<Schema extends v.GenericSchema>(
  schema: Schema,
  body: unknown,
  member: string,
): v.InferOutput<Schema> {
  const inner = isPlainObject(body) ? body[member] : undefined;
  const isWrapped = isPlainObject(inner) && (inner.id !== undefined || !isPlainObject(body) || body.id === undefined);
  const checked = v.safeParse(schema, isWrapped ? inner : body);
  if (checked.success) return checked.output;
  const prefix = isWrapped ? `${member}.` : '';
  throw new ContractError(
    checked.issues
      .slice(0, MAX_ISSUES_NAMED)
      .map((issue) => describe(issue, prefix))
      .join('; '),
  );
}

function describe(issue: v.BaseIssue<unknown>, prefix: string): string {
  const path = v.getDotPath(issue);
  const name = path === null ? 'the body' : `${prefix}${path}`;
  if (issue.input === undefined) return `${name} is missing`;
  if (issue.type === 'check' && typeof issue.input === 'string') return `${name} ${findIdProblem(issue.input)}`;
  const expected = issue.type === 'non_empty' ? 'a text that is not empty' : (issue.expected ?? 'another value');
  return `${name}: expected ${expected}, got ${kindOf(issue.input)}`;
}
