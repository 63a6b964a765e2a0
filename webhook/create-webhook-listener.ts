import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { WebhookHandler } from './create-webhook-handler';
import { getRequestListener } from './request-listener';

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
    else void listener(incoming, outgoing);
  };
}
