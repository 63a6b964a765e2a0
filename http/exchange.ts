import type { ApiVersion } from '../contract/extend';
import { defined } from '../json';
import { createRedactor, keySecrets, type Redactor, type Secret } from '../privacy';
import { toHttpAnswer, type HttpAnswer } from './http-answer';
import { ky } from './ky';
import type { Fetch } from './proxied-fetch';
import { watchRequest, type RequestObserver, type RequestOperation } from './request-watch';
import { startTimeLimit } from './time-limit';
import { exchangeError, statusError, type RequestFacts } from './to-api-error';
import { usableKey, type KeySource } from './usable-key';

/** Connection settings of a client. They are fixed when the worker starts. */
export interface Connection extends KeySource {
  /** Base URL without a slash at the end. */
  readonly baseUrl: string;
  readonly workspaceId?: string;
  /** Sends the requests. @default Node's own `fetch` */
  readonly fetch?: Fetch;
  /** Called after each request has ended. */
  readonly observe?: RequestObserver;
}

/** One request. */
export interface ExchangeRequest {
  readonly operation: RequestOperation;
  /** Version of the API that the request names. */
  readonly apiVersion: ApiVersion;
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Path below the base URL, beginning with a slash. Messages may show it. */
  readonly path: string;
  /**
   * Presigned URL to which the request goes instead. It is sent without the API key, and may lead to another host.
   * Messages show `path`, which then is a description. @default none: the request goes to the API
   */
  readonly externalUrl?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly body?: FormData;
  /** Limit of the whole exchange, from connecting to the last byte of the body, in milliseconds. */
  readonly timeoutMs: number;
  /** Secrets in this request, beside the key. No error text repeats them. @default none */
  readonly secrets?: readonly Secret[];
  /** Ends the exchange early. Activities pass their cancellation here. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Sends one request once and reads its answer with `read`. Three features of ky are switched off: its retries; its time
 * limit, because that does not cover the body; and redirects of requests to the API, so that only one host gets the key.
 *
 * @throws ParseApiError for every failure; the reason of `signal` if the signal ended the exchange.
 */
export async function exchange<T>(
  connection: Connection,
  request: ExchangeRequest,
  read: (answer: HttpAnswer, redactor: Redactor) => Promise<T>,
): Promise<T> {
  const started = startExchange(connection, request);
  try {
    const result = await read(await started.answer(), started.redactor);
    started.succeeded();
    return result;
  } catch (error) {
    throw started.failed(error);
  } finally {
    started.end();
  }
}

/**
 * Sends one request once and gives the body of its answer as it arrives. The time limit covers the whole reading, so a
 * slow reader can exceed it.
 *
 * @throws as {@link exchange}, from the iteration.
 */
export async function* exchangeParts(
  connection: Connection,
  request: ExchangeRequest,
): AsyncGenerator<Uint8Array, void> {
  const started = startExchange(connection, request);
  try {
    yield* (await started.answer()).parts;
    started.succeeded();
  } catch (error) {
    throw started.failed(error);
  } finally {
    started.end();
  }
}

/** A request with its time limit and its report to the observer. The caller calls `end` in every case. */
interface StartedExchange {
  /** Takes secrets out of texts. */
  readonly redactor: Redactor;
  /** Sends the request. @throws ParseApiError for an answer with an error status */
  answer(): Promise<HttpAnswer>;
  /** Notes that the whole answer was read. */
  succeeded(): void;
  /** Makes the error that the caller throws, and notes the failure. An abort of the caller's signal is no failure. */
  failed(error: unknown): unknown;
  /** Releases the time limit, and reports to the observer. */
  end(): void;
}

function startExchange(connection: Connection, request: ExchangeRequest): StartedExchange {
  const { signal } = request;
  const facts = describe(connection, request);
  const limit = startTimeLimit(request.timeoutMs, signal);
  const watch = watchRequest(request.operation, connection.observe);
  let answer: HttpAnswer | undefined;
  return {
    redactor: facts.redactor,
    async answer() {
      answer = toHttpAnswer(await send(connection, request, facts, limit.signal), limit.signal);
      if (!answer.ok) throw await statusError(answer, facts);
      return answer;
    },
    succeeded: () => watch.succeeded(),
    failed(error) {
      if (signal?.aborted) return signal.reason as unknown;
      const failure = exchangeError(error, facts, answer);
      watch.failed(failure);
      return failure;
    },
    end() {
      limit.end();
      watch.end();
    },
  };
}

/** The facts of one request. */
interface SentFacts extends RequestFacts {
  /** Notes the key that the request carries. The key ring may drop the key before the answer arrives. */
  readonly noteKey: (key: string) => void;
}

/** Collects the facts that the errors of a request repeat, and the redactor of their texts. */
function describe({ baseUrl, keys }: Connection, request: ExchangeRequest): SentFacts {
  const { method, path, apiVersion, externalUrl, secrets = [] } = request;
  const own = [...secrets];
  const redactor = createRedactor(() => [...keys.secrets, ...own]);
  // A poll does not know the document's URL, and its answer may repeat that URL.
  const toSafe = method === 'POST' ? redactor.text : redactor.reason;
  return {
    what: `${method} ${path}`,
    apiVersion,
    isExternal: externalUrl !== undefined,
    baseUrl,
    redactor,
    toSafe,
    noteKey: (key) => void own.push(...keySecrets(key)),
  };
}

async function send(
  connection: Connection,
  request: ExchangeRequest,
  { redactor, noteKey }: SentFacts,
  signal: AbortSignal,
): Promise<Response> {
  const { method, path, query, json, body, externalUrl } = request;
  const { fetch: sendRequest = fetch } = connection;
  const options = { method, signal, retry: 0, timeout: false, throwHttpErrors: false, fetch: sendRequest } as const;
  if (externalUrl !== undefined) return ky(externalUrl, options);
  const key = await usableKey(connection, redactor, signal);
  noteKey(key);
  // ky copies a request before it sends it, which would hold a whole upload in memory. So ky does not get the body.
  const fetchWithBody: Fetch | undefined = body && ((input, init) => sendRequest(input, { ...init, body }));
  return ky(`${connection.baseUrl}${path}`, {
    ...options,
    ...defined({ searchParams: query && { ...query }, json, fetch: fetchWithBody }),
    headers: {
      authorization: `Bearer ${key}`,
      'x-extend-api-version': request.apiVersion,
      ...defined({ 'x-extend-workspace-id': connection.workspaceId }),
    },
    redirect: 'manual',
  });
}
