import { CollectedRun, ContractError, ParseApiError } from '../contract/extend';
import { JsonSyntaxError } from '../json';
import type { HttpAnswer } from './http-answer';

/** A success answer whose body is larger than the caller's limit. */
export class BodyTooLargeError extends ParseApiError {
  /** The limit that the caller set, in bytes. */
  readonly limitBytes: number;

  constructor(limitBytes: number, message = `the answer's body is larger than ${limitBytes} bytes`) {
    super(message, { kind: 'unreadable' });
    this.limitBytes = limitBytes;
  }
}

/**
 * Reads a body as text into memory, and stops as soon as the body is larger than the limit. The limit applies to the
 * decompressed bytes that arrive. `Content-Length` is ignored.
 *
 * @throws BodyTooLargeError above the limit; the stream's error when the connection breaks.
 */
export async function readText({ parts }: HttpAnswer, limitBytes: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const part of parts) {
    bytes += part.byteLength;
    if (bytes > limitBytes) throw new BodyTooLargeError(limitBytes);
    text += decoder.decode(part, { stream: true });
  }
  return text + decoder.decode();
}

/**
 * Collects a run in memory, with the same limit as {@link readText}. The caller checks that the run is finished and has
 * its output.
 *
 * @throws BodyTooLargeError above the limit; ContractError if the body is not JSON.
 */
export async function collectRun({ parts }: Pick<HttpAnswer, 'parts'>, limitBytes: number): Promise<CollectedRun> {
  const collected = new CollectedRun();
  let bytes = 0;
  try {
    for await (const part of parts) {
      bytes += part.byteLength;
      if (bytes > limitBytes) throw new BodyTooLargeError(limitBytes);
      collected.write(part);
    }
    collected.end();
  } catch (error) {
    throw notJson(error);
  }
  return collected;
}

/** Reads the start of a body, up to the limit, and drops the rest. Error answers are read with it. */
export async function readStart({ parts }: HttpAnswer, limitBytes: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const part of parts) {
    text += decoder.decode(part.subarray(0, limitBytes - bytes), { stream: true });
    bytes += part.byteLength;
    if (bytes >= limitBytes) break;
  }
  return text;
}

/** Turns a syntax error into a `ContractError` about the body. Other errors are returned as they are. */
export function notJson(error: unknown): unknown {
  return error instanceof JsonSyntaxError ? new ContractError(`the body is not JSON: ${error.message}`) : error;
}
