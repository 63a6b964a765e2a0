import { CollectedRun, ContractError, ParseApiError } from '../contract/extend';
import { JsonSyntaxError } from '../json';
import type { Answer } from './answer';

/** A success answer whose body is larger than the caller is ready to hold. */
export class BodyTooLargeError extends ParseApiError {
  /** The limit that was passed, in bytes. */
  readonly limitBytes: number;

  constructor(limitBytes: number) {
    super(`the answer's body is larger than ${limitBytes} bytes`, { kind: 'unreadable' });
    this.limitBytes = limitBytes;
  }
}

/**
 * Reads a body as text, in memory, and gives up as soon as it is larger than the limit. It counts what arrives
 * (decompressed), not what `Content-Length` claims.
 *
 * @throws BodyTooLargeError above the limit; whatever the stream throws when the connection breaks.
 */
export async function readText({ parts }: Answer, limitBytes: number): Promise<string> {
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
 * Collects a run in memory, and gives up as {@link readText} does. Whether it is a finished run is for the caller to check.
 *
 * @throws BodyTooLargeError above the limit; ContractError if the body is not JSON.
 */
export async function collectRun({ parts }: Answer, limitBytes: number): Promise<CollectedRun> {
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
    if (error instanceof JsonSyntaxError) throw new ContractError(`the body is not JSON: ${error.message}`);
    throw error;
  }
  return collected;
}

/** Reads at most so many bytes of a body and drops the rest: for the texts of error answers. */
export async function readStart({ parts }: Answer, limitBytes: number): Promise<string> {
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
