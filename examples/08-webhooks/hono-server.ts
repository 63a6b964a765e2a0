import type { Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import { createHandler } from './handler';

/** The receiver as one route of an application with Hono. The handler gets the raw request. */
export function createHonoServer(): Server {
  const handler = createHandler();
  const app = new Hono();
  app.get('/', (context) => context.text('the rest of the application'));
  app.post('/webhooks/extend', (context) => handler(context.req.raw));
  return createAdaptorServer({ fetch: app.fetch }) as Server;
}
