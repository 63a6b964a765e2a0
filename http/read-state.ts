import { ContractError, decodeStateAnswer, type RunState } from '../contract/extend';
import { collectValue, JsonSplitter, JsonSyntaxError, type JsonPath, type JsonSink } from '../json';
import { type Redactor } from '../privacy';
import type { Answer } from './answer';

/** Up to this size a body is read to its end, so that the connection can be used again and truncation is seen. */
const WHOLE_BODY_BYTES = 65_536;
/** Far above any state or reason. */
const MAX_FIELD_BYTES = 65_536;
const OBJECT_START = 0x7b;
const STATE_FIELDS: ReadonlySet<string | number | undefined> = new Set(['id', 'status', 'failureReason']);

/**
 * Reads a run's state out of an answer of `GET /parser_runs/{id}` and nothing else: of a large body, which a finished
 * run may have, it reads only as far as needed and holds none of it. So a status read never fails for the answer's size.
 *
 * @throws ContractError if the body is not JSON, ends too early or has no state.
 */
export async function readRunState({ parts }: Answer, redactor: Redactor): Promise<RunState> {
  const seen = new SeenState();
  const splitter = new JsonSplitter(2, (path, first) => seen.take(path, first));
  try {
    let bytes = 0;
    for await (const part of parts) {
      bytes += part.byteLength;
      splitter.write(part);
      if (bytes > WHOLE_BODY_BYTES && isEnough(seen.fields)) return decodeStateAnswer(seen.fields, redactor);
    }
    splitter.end();
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw new ContractError(`the body is not JSON: ${error.message}`);
    throw error;
  }
  return decodeStateAnswer(seen.fields, redactor);
}

/** Fields of a state as far as they have been seen: of `parserRun` where that is an object, else of the body itself. */
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
  return collectValue(MAX_FIELD_BYTES, (value) => (fields[String(name)] = value));
}

function isEnough({ id, status, failureReason }: Record<string, unknown>): boolean {
  const ended = status === 'FAILED' || status === 'CANCELLED';
  return id !== undefined && status !== undefined && (!ended || failureReason !== undefined);
}
