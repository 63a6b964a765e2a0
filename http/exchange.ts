import { EXTEND_API_VERSION, ParseApiError, redact } from '../api';
import { toAnswer, type Answer } from './answer';
import { ky } from './ky';
import { watchRequest, type RequestObserver, type RequestOperation } from './request-watch';
import { startTimeLimit } from './time-limit';
import { exchangeError, statusError } from './to-api-error';

/** How to reach Extend; fixed when the worker starts. */
export interface Connection {
  /** Without a slash at the end. */
  readonly baseUrl: string;
  /** Called for each request, so that a rotated key needs no restart. */
  readonly apiKey: () => string | Promise<string>;
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
  read: (answer: Answer) => Promise<T>,
): Promise<T> {
  const { method, path, signal } = request;
  const what = `${method} ${path}`;
  const limit = startTimeLimit(request.timeoutMs, signal);
  const watch = watchRequest(request.operation, connection.observe);
  let answer: Answer | undefined;
  try {
    answer = toAnswer(await send(connection, request, limit.signal), limit.signal);
    if (!answer.ok) throw await statusError(answer, what);
    const result = await read(answer);
    watch.succeeded();
    return result;
  } catch (error) {
    signal?.throwIfAborted();
    const failure = exchangeError(error, what, answer);
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
  const { method, path, signal } = request;
  const what = `${method} ${path}`;
  const limit = startTimeLimit(request.timeoutMs, signal);
  const watch = watchRequest(request.operation, connection.observe);
  let answer: Answer | undefined;
  try {
    answer = toAnswer(await send(connection, request, limit.signal), limit.signal);
    if (!answer.ok) throw await statusError(answer, what);
    yield* answer.parts;
    watch.succeeded();
  } catch (error) {
    signal?.throwIfAborted();
    const failure = exchangeError(error, what, answer);
    watch.failed(failure);
    throw failure;
  } finally {
    limit.end();
    watch.end();
  }
}

async function send(connection: Connection, request: ExchangeRequest, signal: AbortSignal): Promise<Response> {
  const { method, path, query, json, body } = request;
  const key = await usableKey(connection, signal);
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

/** A worker without a usable key is what a wrong key is: 401, without asking. The key itself is in no message. */
async function usableKey({ apiKey }: Connection, signal: AbortSignal): Promise<string> {
  let problem = 'it is empty or holds characters that no header may have';
  try {
    const key = (await Promise.race([apiKey(), abortOf(signal)])).trim();
    if (/^[\x21-\x7e]+$/.test(key)) return key;
  } catch (error) {
    if (signal.aborted) throw new ParseApiError('the API key did not come in time', { kind: 'notReceived' });
    problem = redact(String(error));
  }
  throw new ParseApiError(`the worker has no usable API key: ${problem}`, { kind: 'status', status: 401 });
}

/** Rejects when the signal aborts; whoever gives the key may never answer. */
async function abortOf(signal: AbortSignal): Promise<never> {
  signal.throwIfAborted();
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}
