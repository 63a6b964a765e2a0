import type { IncomingMessage, ServerResponse } from 'node:http';
import type { EmulatorResponse } from './emulator-response';

/** Rest of a body that is received and discarded: a connection that is closed before may cost the client the answer. */
const MAX_DISCARDED_BYTES = 1_000_000;
/** Longest wait for that rest, in milliseconds. */
const DISCARD_TIMEOUT_MS = 2_000;

/**
 * Sends an answer that no fault can spoil, at once, and closes the connection. The body need not have been received.
 * Never rejects.
 */
export async function sendRefusal(
  message: IncomingMessage,
  response: ServerResponse,
  answer: EmulatorResponse,
): Promise<void> {
  const { status, headers, body } = answer;
  const bytes = Buffer.from('json' in body ? JSON.stringify(body.json) : body.raw);
  response.writeHead(status, { ...headers, 'content-length': String(bytes.byteLength), connection: 'close' });
  response.write(bytes);
  await discardRest(message);
  // Node closes the connection now: before, it would reset one on which the client still sends.
  response.end();
}

async function discardRest(message: IncomingMessage): Promise<void> {
  if (message.complete) return;
  const timer = setTimeout(() => message.destroy(), DISCARD_TIMEOUT_MS);
  try {
    let bytes = 0;
    for await (const piece of message as AsyncIterable<Buffer>) {
      bytes += piece.byteLength;
      if (bytes > MAX_DISCARDED_BYTES) break;
    }
  } catch {
    // The client has closed the connection, or the time limit has.
  } finally {
    clearTimeout(timer);
  }
}
