import {
  collectValue,
  ContractError,
  decodeStateAnswer,
  JsonSplitter,
  JsonSyntaxError,
  type Redactor,
  type RunState,
} from '../api';
import type { Answer } from './answer';

/** Up to this size a body is read to its end, so that the connection can be used again and truncation is seen. */
const WHOLE_BODY_BYTES = 65_536;
/** Far above any state or reason. */
const MAX_FIELD_BYTES = 65_536;
const STATE_FIELDS: ReadonlySet<string | number | undefined> = new Set(['id', 'status', 'failureReason']);

/**
 * Reads a run's state out of an answer of `GET /parser_runs/{id}` and nothing else: of a large body, which a finished
 * run may have, it reads only as far as needed and holds none of it. So a status read never fails for the answer's size.
 *
 * @throws ContractError if the body is not JSON, ends too early or has no state.
 */
export async function readRunState({ parts }: Answer, redactor: Redactor): Promise<RunState> {
  const fields: Record<string, unknown> = {};
  const splitter = new JsonSplitter(2, ([root, field]) =>
    root === 'parserRun' && STATE_FIELDS.has(field)
      ? collectValue(MAX_FIELD_BYTES, (value) => (fields[String(field)] = value))
      : undefined,
  );
  try {
    let bytes = 0;
    for await (const part of parts) {
      bytes += part.byteLength;
      splitter.write(part);
      if (bytes > WHOLE_BODY_BYTES && isEnough(fields)) return decodeStateAnswer({ parserRun: fields }, redactor);
    }
    splitter.end();
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw new ContractError(`the body is not JSON: ${error.message}`);
    throw error;
  }
  return decodeStateAnswer({ parserRun: fields }, redactor);
}

function isEnough({ id, status, failureReason }: Record<string, unknown>): boolean {
  const ended = status === 'FAILED' || status === 'CANCELLED';
  return id !== undefined && status !== undefined && (!ended || failureReason !== undefined);
}
