import {
  decodeCreatedEndpoint,
  decodeEndpointPage,
  type ApiVersion,
  type CreatedWebhookEndpoint,
  type WebhookEndpointPage,
} from '../contract/extend';
import { defined } from '../json';
import { pathOf } from './requests';
import type { Sender } from './sender';
import { drain, readJson } from './shared-calls';

const PATH = '/webhook_endpoints';

/** An endpoint to create. */
export interface WebhookEndpointRequest {
  readonly url: string;
  readonly name: string;
  readonly enabledEvents: readonly string[];
  /** Version of the API in whose words the events are written. */
  readonly apiVersion: ApiVersion;
}

/** The endpoints of webhooks of a workspace. Only version 2026-02-09 of the API has these calls. Each sends one request. */
export interface WebhookEndpoints {
  /** Reads one page of the endpoints: the first one, or that of the token. */
  list(nextPageToken?: string): Promise<WebhookEndpointPage>;
  /** Creates an endpoint. Not idempotent: each call creates one. */
  create(request: WebhookEndpointRequest): Promise<CreatedWebhookEndpoint>;
  /** Deletes an endpoint. @throws ParseApiError with status 404 if it does not exist */
  delete(id: string): Promise<void>;
}

/** Builds the calls for endpoints of webhooks, on a sender of version 2026-02-09. */
export function createWebhookEndpoints({ send, timeouts }: Sender): WebhookEndpoints {
  const timeoutMs = timeouts.statusMs;
  return {
    list: async (nextPageToken) => {
      const request = { operation: 'listWebhookEndpoints', method: 'GET', path: PATH } as const;
      const query = defined({ nextPageToken });
      return send({ ...request, query, timeoutMs }, async (answer) => decodeEndpointPage(await readJson(answer)));
    },
    create: async (json) => {
      const request = { operation: 'createWebhookEndpoint', method: 'POST', path: PATH, json } as const;
      return send({ ...request, timeoutMs }, async (answer) => decodeCreatedEndpoint(await readJson(answer)));
    },
    delete: async (id) => {
      const path = pathOf('webhook_endpoints', id);
      await send({ operation: 'deleteWebhookEndpoint', method: 'DELETE', path, timeoutMs }, drain);
    },
  };
}
