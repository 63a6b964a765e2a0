import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A delivery as a sink received it. */
export interface SunkDelivery {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The body as JSON. It has no type, because the tests check its members. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly json: any;
  readonly atMs: number;
}

/** A server that receives deliveries and answers as the test says. */
export interface WebhookSink extends AsyncDisposable {
  readonly url: string;
  readonly deliveries: readonly SunkDelivery[];
}

/**
 * Starts a sink. `answer` gives the status of the answer to the delivery of that number, from 1; `undefined` for no
 * answer at all. @default 200
 */
export async function startWebhookSink(
  answer: (count: number) => number | undefined = () => 200,
): Promise<WebhookSink> {
  const deliveries: SunkDelivery[] = [];
  const server = createServer((message, response) => {
    void (async () => {
      const pieces: Buffer[] = [];
      for await (const piece of message as AsyncIterable<Buffer>) pieces.push(piece);
      const body = Buffer.concat(pieces).toString('utf8');
      const { headers } = message;
      const count = deliveries.push({ headers, body, json: JSON.parse(body), atMs: Date.now() });
      const status = answer(count);
      if (status !== undefined) response.writeHead(status).end();
    })();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const close = async () => {
    server.close();
    server.closeAllConnections();
  };
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return { url, deliveries, [Symbol.asyncDispose]: close };
}
