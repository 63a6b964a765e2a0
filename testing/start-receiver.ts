import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { createWebhookHandler, createWebhookListener } from '../webhook';

/** A receiver of webhooks on this machine. */
export interface Receiver {
  readonly url: string;
  /** Secret that must sign the deliveries. */
  readonly signingSecret: string;
  close(): Promise<void>;
}

/** Starts a receiver on a free port of loopback. It signals workflows by this client. */
export async function startReceiver(client: TestWorkflowEnvironment['client']): Promise<Receiver> {
  const signingSecret = `wss_${randomBytes(24).toString('base64url')}`;
  const handler = createWebhookHandler({ client, secrets: [signingSecret] });
  const server = createServer(createWebhookListener(handler)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, signingSecret, close };
}
