import { BodyBuffer } from './body-buffer';
import type { BodyRoom } from './body-room';

/** Largest body that is read, in bytes. A delivery about a parse run has less than 12 kB. */
const MAX_BODY_BYTES = 1_000_000;
/**
 * Largest number of pieces in which a body is read. A sender chooses their size, and each piece takes time, also one of a
 * single byte. The packets of a network give a body of 1 MB about 700 pieces.
 */
const MAX_PIECES = 2_000;

/**
 * Reason for which a body could not be read. `tooManyPieces`: the body comes in tiny pieces. `broken`: the sender closed
 * the connection. `full`: the bodies of other deliveries take all the room.
 */
export type BodyProblem = 'tooLarge' | 'tooManyPieces' | 'tooSlow' | 'broken' | 'full';

/** Settings of {@link readBody}. */
export interface ReadBodyOptions {
  /** Ends the reading. */
  readonly signal: AbortSignal;
  /** Room of all bodies together. The caller gives the bytes of a body back. */
  readonly room: BodyRoom;
}

/** Reads the raw bytes of a body: at most 1 MB, also without `Content-Length`, and only until the signal is aborted. */
export async function readBody(
  message: Pick<Request | Response, 'headers' | 'body'>,
  { signal, room }: ReadBodyOptions,
): Promise<Buffer | BodyProblem> {
  if (Number(message.headers.get('content-length') ?? 0) > MAX_BODY_BYTES) return 'tooLarge';
  const reader = message.body?.getReader();
  if (reader === undefined) return Buffer.alloc(0);
  const body = new BodyBuffer(room, MAX_BODY_BYTES);
  // A cancelled reader answers its pending read at once.
  const cancel = () => void reader.cancel().catch(() => undefined);
  signal.addEventListener('abort', cancel, { once: true });
  const problem = await readInto(body, reader, signal).catch(() => 'broken' as const);
  signal.removeEventListener('abort', cancel);
  if (problem === undefined) return body.end();
  cancel();
  body.drop();
  return problem;
}

async function readInto(
  body: BodyBuffer,
  reader: ReadableStreamDefaultReader<Uint8Array>,
  signal: AbortSignal,
): Promise<BodyProblem | undefined> {
  for (let pieces = 0; pieces <= MAX_PIECES; pieces += 1) {
    const { done, value } = await reader.read();
    if (signal.aborted) return 'tooSlow';
    if (done) return undefined;
    const problem = body.append(value);
    if (problem !== undefined) return problem;
  }
  return 'tooManyPieces';
}
