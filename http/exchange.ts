import { EXTEND_API_VERSION } from '../contract/extend';
import { createRedactor, keySecrets, type Redactor, type Secret } from '../privacy';
import { toAnswer, type Answer } from './answer';
import { ky } from './ky';
import { watchRequest, type RequestObserver, type RequestOperation } from './request-watch';
import { startTimeLimit } from './time-limit';
import { exchangeError, statusError, type Asked } from './to-api-error';
import { usableKey, type KeySource } from './usable-key';

/** How to reach Extend; fixed when the worker starts. */
export interface Connection extends KeySource {
  /** Without a slash at the end. */
  readonly baseUrl: string;
  readonly workspaceId?: string;
  /** Told of each request that has ended. */
  readonly observe?: RequestObserver;
}

/** One request. */
export interface ExchangeRequest {
  readonly operation: RequestOperation;
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Path below the base URL, beginning with a slash. It may appear in messages. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly body?: FormData;
  /** Limit of the whole exchange, connecting and the body included, in milliseconds. */
  readonly timeoutMs: number;
  /** Secrets in this request, beside the key: no text that an error repeats holds them. @default none */
  readonly secrets?: readonly Secret[];
  /** Ends the exchange early: the activity's cancellation. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Sends one request, once, and reads its answer. ky's own retries are off, and so is its time limit, which would end at
 * the headers: the limit here spans the body as well. Redirects are not followed, so that the key goes to one host only.
 *
 * @throws ParseApiError whatever went wrong; the reason of `signal` if that ended it.
 */
export async function exchange<T>(
  connection: Connection,
  request: ExchangeRequest,
  read: (answer: Answer, redactor: Redactor) => Promise<T>,
): Promise<T> {
  const { signal } = request;
  const asked = describe(connection, request);
  const limit = startTimeLimit(request.timeoutMs, signal);
  const watch = watchRequest(request.operation, connection.observe);
  let answer: Answer | undefined;
  try {
    answer = toAnswer(await send(connection, request, asked, limit.signal), limit.signal);
    if (!answer.ok) throw await statusError(answer, asked);
    const result = await read(answer, asked.redactor);
    watch.succeeded();
    return result;
  } catch (error) {
    signal?.throwIfAborted();
    const failure = exchangeError(error, asked, answer);
    watch.failed(failure);
    throw failure;
  } finally {
    limit.end();
    watch.end();
  }
}

/**
 * Sends one request, once, and gives its answer's body as it arrives. The limit spans the whole reading, so whoever reads
 * slowly uses it up.
 *
 * @throws as {@link exchange}, from the iteration.
 */
export async function* exchangeParts(
  connection: Connection,
  request: ExchangeRequest,
): AsyncGenerator<Uint8Array, void> {
  const { signal } = request;
  const asked = describe(connection, request);
  const limit = startTimeLimit(request.timeoutMs, signal);
  const watch = watchRequest(request.operation, connection.observe);
  let answer: Answer | undefined;
  try {
    answer = toAnswer(await send(connection, request, asked, limit.signal), limit.signal);
    if (!answer.ok) throw await statusError(answer, asked);
    yield* answer.parts;
    watch.succeeded();
  } catch (error) {
    signal?.throwIfAborted();
    const failure = exchangeError(error, asked, answer);
    watch.failed(failure);
    throw failure;
  } finally {
    limit.end();
    watch.end();
  }
}

/** A request that is about to be sent. */
interface Sent extends Asked {
  /** Notes the key that the request carries. The key ring may forget the key before the answer has come. */
  readonly noteKey: (key: string) => void;
}

/** Collects the facts that the errors of a request repeat, and the redactor of their texts. */
function describe({ baseUrl, keys }: Connection, { method, path, secrets = [] }: ExchangeRequest): Sent {
  const own = [...secrets];
  const redactor = createRedactor(() => [...keys.secrets, ...own]);
  // A poll does not know the document's URL, which its answer may repeat.
  const toSafe = method === 'POST' ? redactor.text : redactor.reason;
  return { what: `${method} ${path}`, baseUrl, redactor, toSafe, noteKey: (key) => void own.push(...keySecrets(key)) };
}

async function send(
  connection: Connection,
  request: ExchangeRequest,
  { redactor, noteKey }: Sent,
  signal: AbortSignal,
): Promise<Response> {
  const { method, path, query, json, body } = request;
  const key = await usableKey(connection, redactor, signal);
  noteKey(key);
  return ky(`${connection.baseUrl}${path}`, {
    method,
    ...(query && { searchParams: { ...query } }),
    ...(json !== undefined && { json }),
    // ky copies each request before it sends it, which would hold a whole upload in memory: so it does not see the body.
    ...(body && { fetch: (input: RequestInfo | URL, init?: RequestInit) => fetch(input, { ...init, body }) }),
    headers: {
      authorization: `Bearer ${key}`,
      'x-extend-api-version': EXTEND_API_VERSION,
      ...(connection.workspaceId !== undefined && { 'x-extend-workspace-id': connection.workspaceId }),
    },
    signal,
    retry: 0,
    timeout: false,
    throwHttpErrors: false,
    redirect: 'manual',
  });
}
