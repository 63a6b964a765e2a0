import type { Client } from '@temporalio/client';
import type { WebhookDelivery } from './delivery';
import { isPublicUrl } from './payload-url';
import { DEFAULT_TOLERANCE_MS } from './verify-signature';

/** Time limit of a delivery unless the caller sets another one, in milliseconds. */
const DEFAULT_TIME_LIMIT_MS = 20_000;
/** Longest time limit, in milliseconds. Extend waits 30 s for an answer, and then sends the event again. */
const MAX_TIME_LIMIT_MS = 29_000;

/** Signing secrets of Extend's endpoints, or a function that gives them. */
export type WebhookSecrets = readonly string[] | (() => readonly string[] | Promise<readonly string[]>);

/** Settings of `createWebhookHandler`. */
export interface WebhookHandlerOptions {
  /**
   * Temporal client, or one for each namespace in which documents are parsed. Runs of other namespaces are answered with
   * 200, and nothing is signalled. The handler never closes a connection.
   */
  readonly client: Client | readonly Client[];
  /**
   * Signing secrets, each as Extend showed it when the endpoint was created (`wss_…`). One of them must give the
   * signature, so an endpoint can be replaced by another one without a gap. A function is called for each delivery: a
   * secret that changes needs no restart.
   */
  readonly secrets: WebhookSecrets;
  /** Largest age of a delivery, in milliseconds. A delivery from more than 60 s in the future is refused. @default 300_000 */
  readonly toleranceMs?: number;
  /**
   * Time limit of a delivery, from the first byte to the answer, in milliseconds, at most 29_000. Extend waits 30 s.
   * @default 20_000
   */
  readonly timeLimitMs?: number;
  /**
   * Tells if the payload of an event may be fetched from a URL. Only an event that has nothing but the signed URL of its
   * payload needs this: the run id stands beside the URL in every other one. @default `https:` URLs without credentials
   * whose host has a public name: no address, and no name of a private network
   */
  readonly mayFetchPayload?: (url: URL) => boolean;
  /**
   * Called after each delivery, for logs and metrics: see `createWebhookMetrics`. An error that it throws is ignored.
   * @default nothing
   */
  readonly onDelivery?: (delivery: WebhookDelivery) => void;
}

/** The settings with all defaults. */
export interface ResolvedOptions extends Required<
  Pick<WebhookHandlerOptions, 'toleranceMs' | 'timeLimitMs' | 'mayFetchPayload' | 'onDelivery'>
> {
  /** The clients by namespace. */
  readonly clients: ReadonlyMap<string, Client>;
  /** Gives the current secrets. @throws TypeError if there is none */
  readonly secrets: () => Promise<readonly string[]>;
}

/** Checks the settings and fills in the defaults. @throws TypeError or RangeError that names the wrong setting */
export function resolveOptions(options: WebhookHandlerOptions): ResolvedOptions {
  const { secrets, mayFetchPayload = isPublicUrl, onDelivery = () => undefined } = options;
  const { toleranceMs = DEFAULT_TOLERANCE_MS, timeLimitMs = DEFAULT_TIME_LIMIT_MS } = options;
  if (!Number.isFinite(toleranceMs) || toleranceMs <= 0) {
    throw new RangeError(`toleranceMs must be a positive number of milliseconds, got ${toleranceMs}`);
  }
  if (!Number.isInteger(timeLimitMs) || timeLimitMs < 1 || timeLimitMs > MAX_TIME_LIMIT_MS) {
    const rule = `a whole number of milliseconds from 1 to ${MAX_TIME_LIMIT_MS}`;
    throw new RangeError(`timeLimitMs must be ${rule}, got ${timeLimitMs}`);
  }
  if (typeof secrets !== 'function') checkSecrets(secrets);
  return {
    clients: clientsByNamespace(options.client),
    secrets: async () => checkSecrets(typeof secrets === 'function' ? await secrets() : secrets),
    toleranceMs,
    timeLimitMs,
    mayFetchPayload,
    onDelivery,
  };
}

function clientsByNamespace(client: Client | readonly Client[]): ReadonlyMap<string, Client> {
  const clients = Array.isArray(client) ? (client as readonly Client[]) : [client as Client];
  const byNamespace = new Map(clients.map((each) => [each.options.namespace, each]));
  if (clients.length === 0)
    throw new TypeError('client must be a Temporal client or a list of them, got an empty list');
  if (byNamespace.size < clients.length) throw new TypeError('client must have one client for each namespace, got two');
  return byNamespace;
}

function checkSecrets(secrets: readonly string[]): readonly string[] {
  if (!(secrets instanceof Array) || secrets.length === 0) throw new TypeError('secrets must have at least one secret');
  const at = secrets.findIndex((secret) => typeof secret !== 'string' || !/^[\x21-\x7e]+$/.test(secret));
  // The value is not shown.
  if (at >= 0) throw new TypeError(`secrets[${at}] must be one word of printable ASCII characters`);
  return secrets;
}
