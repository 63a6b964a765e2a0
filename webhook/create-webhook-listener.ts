import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { WebhookHandler } from './create-webhook-handler';
import { getRequestListener } from './request-listener';

/** HTTP status of a body that is too large. */
const PAYLOAD_TOO_LARGE = 413;
const BODY_WAS_READ = 'The body was read before: mount the webhook listener in front of all body parsers.\n';

/**
 * Makes a request listener for Node's `http` and `https` servers, Express and Connect, of a handler. Mount it in front of
 * body parsers, because the signature covers the raw bytes.
 *
 * @example
 * ```ts
 * createServer(createWebhookListener(handler)).listen(8080);
 * ```
 */
export function createWebhookListener(handler: WebhookHandler): RequestListener {
  const listener = getRequestListener(handler, { overrideGlobalObjects: false });
  return (incoming: IncomingMessage, outgoing: ServerResponse) => {
    // Serverless platforms that read the body keep it as `rawBody`, which the library uses.
    if (incoming.readableDidRead && !('rawBody' in incoming)) outgoing.writeHead(500).end(BODY_WAS_READ);
    else {
      outgoing.once('finish', () => leaveRest(incoming, outgoing));
      void listener(incoming, outgoing);
    }
  };
}

/**
 * Closes the connection of a body that was refused before its end. The library would read on for half a second, which
 * costs time and memory for a sender without a right signature. A body that is too large is an exception: its sender sees
 * the answer only if the receiver reads a little longer.
 */
function leaveRest({ complete, httpVersionMajor, socket }: IncomingMessage, { statusCode }: ServerResponse): void {
  // With HTTP/2, the socket carries other requests too.
  if (!complete && httpVersionMajor === 1 && statusCode !== PAYLOAD_TOO_LARGE) socket.destroySoon();
}
