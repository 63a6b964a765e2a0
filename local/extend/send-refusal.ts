import type { IncomingMessage, ServerResponse } from 'node:http';
import type { EmulatorResponse } from './emulator-response';

/**
 * Largest rest of a body that is received and discarded, in bytes. A client whose connection is closed before may lose
 * the answer.
 */
const MAX_DISCARDED_BYTES = 1_000_000;
/** Time limit of the wait for that rest, in milliseconds. */
const DISCARD_TIMEOUT_MS = 2_000;

/**
 * Sends a response at once, past all faults, and closes the connection. The request's body need not have been received.
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
  // Node closes the connection at this point. Earlier, it would reset a connection on which the client still sends.
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
    // The client or the time limit has closed the connection.
  } finally {
    clearTimeout(timer);
  }
}
