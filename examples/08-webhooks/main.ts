/**
 * Receives Extend's webhooks, and signals the workflows that wait: as a bare Node server, in Hono, or by a route file as
 * in Next.js. It runs until a signal stops it. `extend-parse webhook` does the same without any code.
 *
 *     EXTEND_WEBHOOK_SECRETS=wss_… npm run example 08 -- node
 *     EXTEND_WEBHOOK_SECRETS=wss_… npm run example 08 -- hono
 *     EXTEND_WEBHOOK_SECRETS=wss_… npm run example 08 -- route
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createWebhookListener } from 'temporal-extend-parse/webhook';
import { createHonoServer } from './hono-server';
import { createNodeServer } from './node-server';
import { POST } from './route';

const SERVERS: Readonly<Record<string, () => Server>> = {
  node: createNodeServer,
  hono: createHonoServer,
  // In place of Next.js, which calls the function of the route file itself.
  route: () => createServer(createWebhookListener(POST)),
};

function main(kind = 'node'): void {
  const { PORT = '8080', EXTEND_WEBHOOK_SECRETS } = process.env;
  if (!EXTEND_WEBHOOK_SECRETS) throw new Error('set EXTEND_WEBHOOK_SECRETS: extend-parse webhook register prints one');
  const create = SERVERS[kind];
  if (create === undefined) throw new Error(`there are ${Object.keys(SERVERS).join(', ')}, got ${kind}`);
  const server = create();
  server.listen(Number(PORT), '127.0.0.1', () => {
    console.log(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks/extend`);
  });
  // Deliveries in flight end before the process does.
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => server.close(() => process.exit()));
}

main(process.argv[2]);
