import { randomBytes } from 'node:crypto';
import type { ApiVersion } from '../../../contract/extend/parse-api';
import { createId } from '../ids';
import { RefusedRequest } from '../refused-request';
import { eventTypes } from './events';
import type { EndpointOptions, PayloadFormat } from './webhook-options';

/** An endpoint of webhooks. */
export interface EmulatorEndpoint {
  readonly id: string;
  readonly url: string;
  readonly name: string;
  readonly status: 'enabled' | 'disabled';
  readonly enabledEvents: readonly string[];
  /** Version of the API in whose words the events are written. */
  readonly apiVersion: ApiVersion;
  /** Secret that signs the deliveries. The API tells it only once. */
  readonly signingSecret: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: PayloadFormat;
  readonly createdAtMs: number;
}

/** The members of an endpoint that a request sets. */
export type EndpointFields = Omit<EmulatorEndpoint, 'id' | 'signingSecret' | 'createdAtMs'>;

/** The endpoints of one emulator. They end with it. */
export class EndpointStore {
  readonly #endpoints = new Map<string, EmulatorEndpoint>();

  /** Creates an endpoint with a new secret, unless one is given. */
  create(fields: EndpointFields, signingSecret = createSecret()): EmulatorEndpoint {
    const endpoint = { id: createId('wh_'), ...fields, signingSecret, createdAtMs: Date.now() };
    this.#endpoints.set(endpoint.id, endpoint);
    return endpoint;
  }

  /** Changes members of an endpoint. @throws RefusedRequest 404 if it does not exist */
  update(id: string, fields: Partial<EndpointFields>): EmulatorEndpoint {
    const endpoint = { ...this.get(id), ...fields };
    this.#endpoints.set(id, endpoint);
    return endpoint;
  }

  /** Returns the endpoint of that id. @throws RefusedRequest 404 if it does not exist */
  get(id: string): EmulatorEndpoint {
    const endpoint = this.#endpoints.get(id);
    if (endpoint === undefined) throw new RefusedRequest(404, `Webhook endpoint not found: ${id}`);
    return endpoint;
  }

  /** Deletes an endpoint. Deliveries to it end. @throws RefusedRequest 404 if it does not exist */
  delete(id: string): void {
    this.get(id);
    this.#endpoints.delete(id);
  }

  /** Tells if an endpoint exists and is enabled. */
  isEnabled(id: string): boolean {
    return this.#endpoints.get(id)?.status === 'enabled';
  }

  /** Returns all endpoints in order of creation. */
  list(): readonly EmulatorEndpoint[] {
    return [...this.#endpoints.values()];
  }
}

/** Fills in the members of an endpoint that is an option of the emulator. */
export function toEndpointFields(options: EndpointOptions): EndpointFields {
  const { url, apiVersion = '2026-02-09', enabledEvents = eventTypes(apiVersion) } = options;
  const { payload = { format: 'json' } } = options;
  return { url, name: 'option', status: 'enabled', enabledEvents, apiVersion, headers: {}, payload };
}

function createSecret(): string {
  return `wss_${randomBytes(24).toString('base64url')}`;
}
