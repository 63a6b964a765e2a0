import { decodeStateAnswer, type RunState } from '../contract/extend';
import { collectValue, defined, JsonSplitter, type JsonPath, type JsonSink } from '../json';
import { type Redactor } from '../privacy';
import type { HttpAnswer } from './http-answer';
import { notJson } from './read-body';

/**
 * A body of at most this size is read to its end, so that the connection can be reused and a cut-off body is noticed.
 */
const WHOLE_BODY_BYTES = 65_536;
/** Limit of one field, far above any real state or reason. */
const MAX_FIELD_BYTES = 65_536;
/** Text instead of a reason that exceeds the limit. */
const LONG_REASON = `a reason of more than ${MAX_FIELD_BYTES} bytes`;
const OBJECT_START = 0x7b;
const STATE_FIELDS: ReadonlySet<string | number | undefined> = new Set([
  'id',
  'status',
  'failureReason',
  'failureMessage',
]);

/** The answer to a poll, as it was read. */
export interface ReadAnswer {
  readonly state: RunState;
  /** The whole body. Absent if the body is larger than the caller wants to keep. */
  readonly body?: Uint8Array;
}

/**
 * Reads a run's state out of the answer to a poll. The body of a finished run may be large. Of a body that is larger
 * than `keepBytes` the function reads only the part up to the state, and keeps none of it in memory. So a poll never
 * fails because an answer is too large.
 *
 * @param keepBytes largest body to keep. @default 0: the body is not kept
 * @throws ContractError if the body is not JSON, ends too early or has no state.
 */
export async function readState({ parts }: HttpAnswer, redactor: Redactor, keepBytes = 0): Promise<ReadAnswer> {
  const seen = new SeenState();
  const splitter = new JsonSplitter(2, (path, first) => seen.take(path, first));
  const kept: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const part of parts) {
      bytes += part.byteLength;
      if (bytes <= keepBytes) kept.push(part);
      else kept.length = 0;
      splitter.write(part);
      const isLarge = bytes > Math.max(WHOLE_BODY_BYTES, keepBytes);
      if (isLarge && isEnough(seen.fields)) return { state: decodeStateAnswer(seen.fields, redactor) };
    }
    splitter.end();
  } catch (error) {
    throw notJson(error);
  }
  const body = bytes <= keepBytes ? Buffer.concat(kept) : undefined;
  return { state: decodeStateAnswer(seen.fields, redactor), ...defined({ body }) };
}

/**
 * The fields of a state that have arrived so far: those of `parserRun` if it is an object, else those of the body
 * itself.
 */
class SeenState {
  readonly #bare: Record<string, unknown> = {};
  #wrapped: Record<string, unknown> | undefined;

  get fields(): Record<string, unknown> {
    return this.#wrapped ?? this.#bare;
  }

  take(path: JsonPath, first: number): JsonSink | undefined {
    const [member, field] = path;
    if (path.length === 1 && member === 'parserRun' && first === OBJECT_START) this.#wrapped = {};
    if (path.length === 1) return collectField(this.#bare, member);
    return member === 'parserRun' && this.#wrapped ? collectField(this.#wrapped, field) : undefined;
  }
}

function collectField(fields: Record<string, unknown>, name: string | number | undefined): JsonSink | undefined {
  if (!STATE_FIELDS.has(name)) return undefined;
  return collectValue(MAX_FIELD_BYTES, (value) => {
    const isLongReason = value === undefined && name === 'failureReason';
    fields[String(name)] = isLongReason ? LONG_REASON : value;
  });
}

function isEnough({ id, status, failureReason }: Record<string, unknown>): boolean {
  const ended = status === 'FAILED' || status === 'CANCELLED';
  return id !== undefined && status !== undefined && (!ended || failureReason !== undefined);
}
