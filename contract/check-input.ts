import * as v from 'valibot';
import { findIdProblem } from './extend/ids';
import { API_VERSIONS } from './extend/parse-api';
import { isAttachInput, type ParseInput } from './input';
import { findMetadataProblem } from './metadata';
import { versionOfRun } from './run-version';
import { isDeeperThan, isPlainObject, MAX_LEVELS } from '../json';
import { MAX_TIMER_MS } from './poll-schedule';
import { redact } from '../privacy';

const MAX_DEADLINE_MS = 365 * 24 * 3600 * 1000;
const MAX_SUBMITS_LIMIT = 100;
const MAX_RECONCILE_MS = 3_600_000;
const MAX_SHOWN_LENGTH = 80;
/** Further members of an object are not named. */
const MAX_SHOWN_NAMES = 10;
/** Further problems are counted, and not listed. */
const MAX_LISTED_PROBLEMS = 10;
/** Length after which no further problem is listed, because Temporal refuses a failure with a very long message. */
const MAX_LISTED_LENGTH = 2_000;

/** Schema for one of these words. */
export const oneOf = <const Words extends readonly string[]>(...words: Words) =>
  v.picklist(words, `must be one of ${words.map((word) => `'${word}'`).join(', ')}`);

/** Schema for a whole number from `min` to `max`. */
export const whole = (min: number, max: number) => {
  const rule = `must be a whole number from ${min} to ${max}`;
  return v.pipe(v.number(rule), v.integer(rule), v.minValue(min, rule), v.maxValue(max, rule));
};

const decimal = (min: number, max: number, rule: string) =>
  v.pipe(v.number(rule), v.minValue(min, rule), v.maxValue(max, rule));

const text = () => v.pipe(v.string('must be a string'), v.nonEmpty('must not be empty'));

const httpUrl = v.pipe(text(), v.check(isHttpUrl, 'must be an absolute http: or https: URL'));
/** Schema for the name of a source. */
export const sourceName = v.pipe(
  text(),
  v.regex(/^[A-Za-z][A-Za-z0-9+.-]*:./, "must begin with a scheme, as in 'file:///…'"),
);

/** Schema for an object. Valibot's own schema would also accept an array. */
const object = v.custom<object>(isPlainObject, 'must be an object');

const polling = v.pipe(
  object,
  v.strictObject({
    engine: v.optional(oneOf('timer', 'retry')),
    backoff: v.optional(oneOf('sqrt', 'exponential')),
    initialDelayMs: v.optional(whole(0, MAX_TIMER_MS)),
    scaleMs: v.optional(decimal(1, MAX_TIMER_MS, `must be a number from 1 to ${MAX_TIMER_MS}`)),
    factor: v.optional(decimal(1, 1000, 'must be a number from 1 to 1000')),
    maxDelayMs: v.optional(whole(1, MAX_TIMER_MS)),
    jitter: v.optional(decimal(0, 1, 'must be a number from 0 to 1')),
    expectedDurationMs: v.optional(whole(1, MAX_DEADLINE_MS)),
    expectWebhook: v.optional(v.boolean('must be true or false')),
  }),
  v.forward(
    v.check(({ backoff, factor }) => factor === undefined || backoff === 'exponential', "needs backoff 'exponential'"),
    ['factor'],
  ),
  v.forward(
    v.check(({ backoff, scaleMs }) => scaleMs === undefined || backoff !== 'exponential', "needs backoff 'sqrt'"),
    ['scaleMs'],
  ),
);

const file = v.pipe(
  object,
  v.strictObject({
    fileUrl: v.optional(httpUrl),
    fileId: v.optional(text()),
    source: v.optional(sourceName),
    fileName: v.optional(text()),
  }),
  v.check(
    ({ fileUrl, fileId, source }) => [fileUrl, fileId, source].filter((one) => one !== undefined).length === 1,
    "must have exactly one of 'fileUrl', 'fileId', 'source'",
  ),
);

const common = {
  polling: v.optional(polling),
  deadlineMs: v.optional(whole(1, MAX_DEADLINE_MS)),
  result: v.optional(oneOf('inline', 'stored')),
  deleteRun: v.optional(oneOf('never', 'afterSuccess', 'always')),
  onCancel: v.optional(oneOf('leave', 'cancelRun')),
};

/** Schema for an input of `parseDocument` that submits a document. */
export const documentInput = v.strictObject({
  file,
  config: v.optional(object),
  onAmbiguousSubmit: v.optional(oneOf('resubmit', 'fail')),
  maxSubmits: v.optional(whole(1, MAX_SUBMITS_LIMIT)),
  reconcileMs: v.optional(whole(0, MAX_RECONCILE_MS)),
  metadata: v.optional(object),
  dataRetention: v.optional(oneOf('zero')),
  ...common,
});

/** Schema for an input of `parseDocument` that attaches to a run. */
export const attachInput = v.strictObject({
  runId: text(),
  apiVersion: v.optional(oneOf(...API_VERSIONS)),
  ...common,
});

/** Settings of the checks of an input. */
export interface InputCheckOptions {
  /**
   * Applies the limits that version 0.1.0 did not have. Set it to `false` for a workflow that version 0.1.0 may have
   * started: such a workflow must not be refused.
   * @default true
   */
  readonly limits?: boolean;
}

/**
 * Checks the input of `parseDocument`. It refuses unknown fields by name at every level, except inside `config`, which
 * Extend checks.
 *
 * @returns one sentence that names the wrong fields, the rules and the values; `undefined` if the input is right. Names
 * and values are cut, and URLs are shown without their query.
 */
export function findInputProblem(input: unknown, { limits = true }: InputCheckOptions = {}): string | undefined {
  if (!isPlainObject(input)) return `input must be an object, got ${show(input)}`;
  if ('runId' in input && 'file' in input) return "input must have 'file' or 'runId', not both";
  if (!('runId' in input) && !('file' in input)) return `input must have 'file' or 'runId', got ${show(input)}`;
  const checked = v.safeParse('runId' in input ? attachInput : documentInput, input, { abortPipeEarly: true });
  if (!checked.success) return listProblems(checked.issues.map(describeIssue));
  const problem = findVersionProblem(input as unknown as ParseInput);
  return problem ?? (limits ? findLimitProblem(input) : undefined);
}

/**
 * Checks the limits that version 0.1.0 did not have. A request must be able to name the run id. The configuration must
 * not be nested so deeply that some program on its way to Extend cannot write it as JSON.
 */
export function findLimitProblem({ runId, config }: { runId?: unknown; config?: unknown }): string | undefined {
  const rule = typeof runId === 'string' ? findIdProblem(runId) : undefined;
  if (rule !== undefined) return `runId ${rule}, got ${show(runId)}`;
  if (!isDeeperThan(config, MAX_LEVELS)) return undefined;
  return `config must have at most ${MAX_LEVELS} levels of objects and arrays, got ${show(config)}`;
}

/** Checks the fields that belong to version 2026-02-09 of the API. Version 0.1.0 knew none of them. */
function findVersionProblem(input: ParseInput): string | undefined {
  if (!isAttachInput(input)) {
    const rule = input.metadata && findMetadataProblem(input.metadata);
    return rule === undefined ? undefined : `metadata ${rule}, got ${show(input.metadata)}`;
  }
  if (input.onCancel !== 'cancelRun' || versionOfRun(input) !== '2025-04-21') return undefined;
  return `onCancel 'cancelRun' needs a run of version 2026-02-09, got ${show(input.runId)} of version 2025-04-21`;
}

/** Describes one problem: the wrong field, the rule and the value. */
export function describeIssue(issue: v.BaseIssue<unknown>): string {
  const name = v.getDotPath(issue) ?? 'input';
  if (issue.type === 'strict_object' && issue.expected === 'never') return `${shownName(name)} is not a known field`;
  return `${name} ${issue.message}, got ${show(issue.path?.at(-1)?.value ?? issue.input)}`;
}

/** Lists problems in one sentence of a limited length. Problems that are not listed are counted. */
export function listProblems(problems: readonly string[]): string {
  let length = 0;
  const listed = problems.slice(0, MAX_LISTED_PROBLEMS).filter((problem) => {
    const hasRoom = length < MAX_LISTED_LENGTH;
    length += problem.length;
    return hasRoom;
  });
  const rest = problems.length - listed.length;
  return [...listed, ...(rest > 0 ? [`and ${rest} more`] : [])].join('; ');
}

/** Shows a value in a message: short, and without the query of a URL. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(shownName(value));
  if (isDeeperThan(value, MAX_LEVELS)) return `more than ${MAX_LEVELS} levels`;
  if (Array.isArray(value)) return 'an array';
  if (typeof value !== 'object' || value === null) return String(value);
  return showObject(value);
}

/** Shows an object by the names of its members. A member that is undefined counts as absent, and the text says so. */
function showObject(value: object): string {
  const members = Object.entries(value);
  if (members.length === 0) return 'an empty object';
  const given = members.flatMap(([name, member]) => (member === undefined ? [] : [name]));
  const absent = members.flatMap(([name, member]) => (member === undefined ? [name] : []));
  const shown = given.length === 0 ? '' : ` with ${given.slice(0, MAX_SHOWN_NAMES).map(shownName).join(', ')}`;
  const [first] = absent;
  return `an object${shown}${first === undefined ? '' : ` in which ${shownName(first)} is undefined`}`;
}

/** Shows the name of a field as {@link show} shows a text, but without quotes. */
function shownName(name: string): string {
  return cut(redact(withoutQuery(name)));
}

/** Removes the query from a value that may be a URL. The URL may lack its scheme, or have white space in its query. */
function withoutQuery(value: string): string {
  return value.replace(/[?#].+$/s, '?***');
}

function cut(text: string): string {
  return text.length > MAX_SHOWN_LENGTH ? `${text.slice(0, MAX_SHOWN_LENGTH)}…` : text;
}

function isHttpUrl(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol } = new URL(value);
  return protocol === 'http:' || protocol === 'https:';
}
