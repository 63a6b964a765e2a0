import { ContractError } from './contract-error';
import { findIdProblem } from './ids';
import { textOf } from './lenient';
import { defined, isPlainObject, kindOf } from '../../json';

/** An endpoint of webhooks, as far as this package needs it. */
export interface WebhookEndpoint {
  readonly id: string;
  /** URL to which Extend sends events. */
  readonly url: string;
  readonly name?: string;
  /** `enabled`, `disabled`, or another word. */
  readonly status?: string;
  /** Types of the events that the endpoint gets, except those of single resources. */
  readonly enabledEvents: readonly string[];
  /** Version of the API in whose words the events are written. */
  readonly apiVersion?: string;
}

/** One page of the endpoints. */
export interface WebhookEndpointPage {
  readonly endpoints: readonly WebhookEndpoint[];
  /** Token of the next page. Absent on the last page. */
  readonly nextPageToken?: string;
}

/** An endpoint that was just created. Extend shows its signing secret only now. */
export interface CreatedWebhookEndpoint extends WebhookEndpoint {
  readonly signingSecret: string;
}

/** Reads a page of endpoints. An entry without a usable id or without a URL is left out. @throws ContractError */
export function decodeEndpointPage(body: unknown): WebhookEndpointPage {
  const { data, nextPageToken } = isPlainObject(body) ? body : {};
  if (!Array.isArray(data)) throw new ContractError(`data: expected Array, got ${kindOf(data)}`);
  const endpoints = data.flatMap((entry: unknown) => toEndpoint(entry) ?? []);
  return { endpoints, ...defined({ nextPageToken: textOf(nextPageToken) }) };
}

/** Reads the answer to the creation of an endpoint. @throws ContractError, whose message never has the secret */
export function decodeCreatedEndpoint(body: unknown): CreatedWebhookEndpoint {
  const endpoint = toEndpoint(body);
  const signingSecret = isPlainObject(body) ? textOf(body['signingSecret']) : undefined;
  if (endpoint === undefined) throw new ContractError('id or url is missing or not usable');
  if (signingSecret === undefined) throw new ContractError('signingSecret is missing');
  return { ...endpoint, signingSecret };
}

function toEndpoint(entry: unknown): WebhookEndpoint | undefined {
  const { id, url, name, status, enabledEvents, apiVersion } = isPlainObject(entry) ? entry : {};
  if (typeof id !== 'string' || findIdProblem(id) !== undefined || typeof url !== 'string') return undefined;
  const events = Array.isArray(enabledEvents) ? enabledEvents.flatMap((event: unknown) => textOf(event) ?? []) : [];
  const texts = defined({ name: textOf(name), status: textOf(status), apiVersion: textOf(apiVersion) });
  return { id, url, enabledEvents: events, ...texts };
}
