import { Client, Connection } from '@temporalio/client';
import { createWebhookHandler, type WebhookHandler } from 'temporal-extend-parse/webhook';

/** Builds the handler that all three servers of this example share. It needs no key of Extend. */
export function createHandler(): WebhookHandler {
  const { TEMPORAL_ADDRESS: address = 'localhost:7233', EXTEND_WEBHOOK_SECRETS = '' } = process.env;
  return createWebhookHandler({
    client: new Client({ connection: Connection.lazy({ address }) }),
    secrets: EXTEND_WEBHOOK_SECRETS.split(/[\s,]+/).filter(Boolean),
    onDelivery: ({ outcome, status, eventType, runId, reason }) => {
      console.log([outcome, status, eventType, runId, reason].filter(Boolean).join(' '));
    },
  });
}
