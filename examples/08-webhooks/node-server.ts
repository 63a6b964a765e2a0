import { createServer, type Server } from 'node:http';
import { createWebhookListener } from 'temporal-extend-parse/webhook';
import { createHandler } from './handler';

/** The receiver as a bare Node server. It answers on every path. */
export function createNodeServer(): Server {
  return createServer(createWebhookListener(createHandler()));
}
