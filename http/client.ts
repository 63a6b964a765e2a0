import {
  API_VERSIONS,
  DEFAULT_API_VERSION,
  DEFAULT_BASE_URL,
  findBaseUrlProblem,
  isHeaderWord,
  MAX_REQUEST_MS,
  type ApiVersion,
} from '../contract/extend';
import { defined } from '../json';
import { createRedactor, redact, type Redactor } from '../privacy';
import { createApi20250421 } from './api-2025-04-21';
import { createApi20260209 } from './api-2026-02-09';
import type { Connection } from './exchange';
import type { CallOptions, ExtendApi } from './extend-api';
import { createKeyRing } from './key-ring';
import { createProxiedFetch, type ProxyOptions } from './proxied-fetch';
import type { RequestObserver } from './request-watch';
import { createSender, type Timeouts } from './sender';
import { noteKey } from './usable-key';
import { createWebhookEndpoints, type WebhookEndpoints } from './webhook-endpoints';

/** Settings of {@link createExtendClient}. */
export interface ExtendClientOptions {
  /** Extend's API key, or a function that gives the key. The function is called for each request. */
  readonly apiKey: string | (() => string | Promise<string>);
  /**
   * Version of Extend's API for new submits: `2025-04-21` or `2026-02-09`. The worker polls, fetches, cancels and
   * deletes a run in the version in which the run was submitted, also if this option has changed since.
   * @default '2025-04-21'
   */
  readonly apiVersion?: ApiVersion;
  /** Base URL of the API. @default 'https://api.extend.ai' */
  readonly baseUrl?: string;
  /** Id of the workspace. It is required if the key belongs to a whole organization. @default none */
  readonly workspaceId?: string;
  /** Proxy for the requests. @default none: the requests go directly */
  readonly proxy?: ProxyOptions;
  /**
   * Time limit of a poll, in milliseconds, from connecting to the last byte, at most the default. It also limits a
   * deletion, which ends after 5 s at the latest. @default 20_000
   */
  readonly statusTimeoutMs?: number;
  /** Time limit of a submit, in milliseconds, at most the default. @default 60_000 */
  readonly submitTimeoutMs?: number;
  /**
   * Time limit of fetching or storing a result, and of an upload, in milliseconds, at most one hour.
   * @default 300_000 (5 minutes)
   */
  readonly fetchTimeoutMs?: number;
}

/** Client of Extend's API. */
export interface ExtendClient {
  /** Version of the API in which new submits are sent. */
  readonly apiVersion: ApiVersion;
  /** Time limits of the requests, in milliseconds. */
  readonly timeouts: Timeouts;
  /** Takes out of texts the keys that this client has used, and every text that has the shape of a secret. */
  readonly redactor: Redactor;
  /** Makes the current key known to the redactor. It never fails. It ignores a key that it cannot read. */
  noteKey(options?: CallOptions): Promise<void>;
  /** Gives Extend's API in a version. Requests for a run use the version in which the run was submitted. */
  version(apiVersion: ApiVersion): ExtendApi;
  /** The endpoints of webhooks. */
  readonly webhookEndpoints: WebhookEndpoints;
}

const DEFAULT_FETCH_TIMEOUT_MS = 300_000;
/**
 * Builds the client. It opens no connection until the first call.
 *
 * @param observe is called after each request has ended. @default none
 * @throws TypeError if `baseUrl` is not a plain absolute http(s) URL, if no header can carry `workspaceId`, or if
 * `proxy.url` is not the URL of an HTTP proxy;
 * RangeError if a time limit is not a whole number from 1 to its maximum, or `apiVersion` is unknown.
 */
export function createExtendClient(options: ExtendClientOptions, observe?: RequestObserver): ExtendClient {
  const { apiVersion = DEFAULT_API_VERSION } = options;
  if (!API_VERSIONS.includes(apiVersion)) {
    throw new RangeError(`apiVersion must be one of ${API_VERSIONS.join(', ')}, got '${redact(String(apiVersion))}'`);
  }
  const connection = toConnection(options, observe);
  const timeouts = toTimeouts(options);
  const sender = createSender('2026-02-09', connection, timeouts);
  const versions: Readonly<Record<ApiVersion, ExtendApi>> = {
    '2025-04-21': createApi20250421(createSender('2025-04-21', connection, timeouts)),
    '2026-02-09': createApi20260209(sender),
  };
  return {
    apiVersion,
    timeouts,
    redactor: createRedactor(() => connection.keys.secrets),
    noteKey: async ({ signal } = {}) => noteKey(connection, signal),
    version: (version) => versions[version],
    webhookEndpoints: createWebhookEndpoints(sender),
  };
}

function toConnection(options: ExtendClientOptions, observe: RequestObserver | undefined): Connection {
  const { apiKey, workspaceId, proxy } = options;
  const keys = createKeyRing();
  if (typeof apiKey === 'string' && isHeaderWord(apiKey.trim())) keys.note(apiKey.trim());
  return {
    keys,
    baseUrl: checkedBaseUrl(options.baseUrl ?? DEFAULT_BASE_URL),
    apiKey: typeof apiKey === 'function' ? apiKey : () => apiKey,
    ...defined({
      workspaceId: workspaceId === undefined ? undefined : checkedWorkspaceId(workspaceId),
      observe,
      fetch: proxy && createProxiedFetch(proxy),
    }),
  };
}

function toTimeouts({ statusTimeoutMs, submitTimeoutMs, fetchTimeoutMs }: ExtendClientOptions): Timeouts {
  const { status, submit, fetch } = MAX_REQUEST_MS;
  return {
    statusMs: checkedMs('statusTimeoutMs', statusTimeoutMs ?? status, status),
    submitMs: checkedMs('submitTimeoutMs', submitTimeoutMs ?? submit, submit),
    fetchMs: checkedMs('fetchTimeoutMs', fetchTimeoutMs ?? DEFAULT_FETCH_TIMEOUT_MS, fetch),
  };
}

function checkedBaseUrl(baseUrl: string): string {
  const problem = findBaseUrlProblem(baseUrl);
  if (problem !== undefined) throw new TypeError(`baseUrl ${problem}, got '${redact(baseUrl)}'`);
  return new URL(baseUrl).href.replace(/\/+$/, '');
}

function checkedWorkspaceId(workspaceId: string): string {
  if (isHeaderWord(workspaceId)) return workspaceId;
  throw new TypeError(`workspaceId must be printable ASCII without blanks, got ${JSON.stringify(workspaceId)}`);
}

function checkedMs(name: string, value: number, maxMs: number): number {
  if (Number.isInteger(value) && value > 0 && value <= maxMs) return value;
  throw new RangeError(`${name} must be a whole number of milliseconds from 1 to ${maxMs}, got ${value}`);
}
