import { isEndpointMissing, isVersionRemoved } from '../contract';
import {
  ContractError,
  decodeSubmitAnswer,
  decodeUploadAnswer,
  DEFAULT_BASE_URL,
  findBaseUrlProblem,
  isHeaderWord,
  MAX_REQUEST_MS,
  ParseApiError,
  type CollectedRun,
  type ParseAsyncRequest,
  type RunState,
} from '../contract/extend';
import { defined } from '../json';
import { createRedactor, redact, type Redactor, type Secret } from '../privacy';
import type { HttpAnswer } from './http-answer';
import { exchange, exchangeParts, type Connection, type ExchangeRequest } from './exchange';
import { createKeyRing } from './key-ring';
import { createPoller } from './poller';
import { collectRun, readText } from './read-body';
import { readState } from './read-state';
import { pathOf, runRequest, uploadRequest } from './requests';
import type { RequestObserver, RequestOperation } from './request-watch';
import { noteKey } from './usable-key';

/** Settings of {@link createExtendClient}. */
export interface ExtendClientOptions {
  /** Extend's API key, or a function that gives the key. The function is called for each request. */
  readonly apiKey: string | (() => string | Promise<string>);
  /** Base URL of the API. @default 'https://api.extend.ai' */
  readonly baseUrl?: string;
  /** Id of the workspace. It is required if the key belongs to a whole organization. @default none */
  readonly workspaceId?: string;
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

/** Options of every call. */
export interface CallOptions {
  /** Ends the call early. The call then throws the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Options of a submit. */
export interface SubmitOptions extends CallOptions {
  /** Secrets in the request, beside the key. No error and no state repeats them. @default none */
  readonly secrets?: readonly Secret[];
}

/**
 * Extend's API, version 2025-04-21, as far as this package uses it. A call sends one request and never repeats it, with
 * one exception: `pollRun` sends a second request when Extend refuses `responseType=url`.
 */
export interface ExtendClient {
  /** Time limits of the requests, in milliseconds. */
  readonly timeouts: { readonly statusMs: number; readonly submitMs: number; readonly fetchMs: number };
  /** Takes out of texts the keys that this client has used, and every text that has the shape of a secret. */
  readonly redactor: Redactor;
  /** Makes the current key known to the redactor. It never fails. It ignores a key that it cannot read. */
  noteKey(options?: CallOptions): Promise<void>;
  /** Submits a document: `POST /parse/async`. */
  submitParse(request: ParseAsyncRequest, options?: SubmitOptions): Promise<RunState>;
  /**
   * Polls a run: `GET /parser_runs/{id}` without the content. It reads only the state, for an answer of any size. It
   * asks for `responseType=url`. If Extend refuses that with 400 or 422, the call sends a second request, with
   * `responseType=json`.
   */
  pollRun(runId: string, options?: CallOptions): Promise<RunState>;
  /**
   * Reads a run with its content into memory: `GET /parser_runs/{id}`.
   *
   * @throws BodyTooLargeError above `maxBodyBytes`
   */
  readRun(runId: string, options: CallOptions & { readonly maxBodyBytes: number }): Promise<CollectedRun>;
  /** Reads a run with its content as it arrives: `GET /parser_runs/{id}`. @throws ParseApiError from the iteration */
  streamRun(runId: string, options?: CallOptions): AsyncIterable<Uint8Array>;
  /** Deletes a run: `DELETE /parser_runs/{id}`. A run that does not exist counts as deleted. */
  deleteRun(runId: string, options?: CallOptions): Promise<void>;
  /** Uploads a file: `POST /files/upload`. Not idempotent: each call creates a file. */
  uploadFile(
    file: { readonly content: Blob; readonly fileName: string },
    options?: CallOptions,
  ): Promise<{ readonly fileId: string }>;
  /** Deletes a file: `DELETE /files/{id}`. A file that does not exist counts as deleted. */
  deleteFile(fileId: string, options?: CallOptions): Promise<void>;
}

const DEFAULT_FETCH_TIMEOUT_MS = 300_000;
/** Limit of an answer that contains no document. It is far above any real size. */
const MAX_SMALL_BODY_BYTES = 1_048_576;

/**
 * Builds the client. It opens no connection until the first call.
 *
 * @param observe is called after each request has ended. @default none
 * @throws TypeError if `baseUrl` is not a plain absolute http(s) URL, or if no header can carry `workspaceId`;
 * RangeError if a time limit is not a whole number from 1 to its maximum.
 */
export function createExtendClient(options: ExtendClientOptions, observe?: RequestObserver): ExtendClient {
  const connection = toConnection(options, observe);
  const timeouts = toTimeouts(options);
  const call = <T>(request: ExchangeRequest, read: (answer: HttpAnswer, redactor: Redactor) => Promise<T>) =>
    exchange(connection, request, read);
  const { statusMs, submitMs, fetchMs } = timeouts;
  const deletionMs = Math.min(statusMs, MAX_REQUEST_MS.deletion);
  const remove = async (operation: RequestOperation, kind: string, id: string, signal?: AbortSignal) =>
    ignoreGone(call({ operation, method: 'DELETE', path: pathOf(kind, id), timeoutMs: deletionMs, signal }, drain));
  return {
    timeouts,
    redactor: createRedactor(() => connection.keys.secrets),
    noteKey: async ({ signal } = {}) => noteKey(connection, signal),
    submitParse: (json, { signal, secrets = [] } = {}) =>
      call(
        { operation: 'submitParse', method: 'POST', path: '/parse/async', json, timeoutMs: submitMs, secrets, signal },
        readSubmitAnswer,
      ),
    pollRun: createPoller((runId, responseType, signal) =>
      call({ ...runRequest('readRunState', runId, statusMs, signal), query: { responseType } }, readState),
    ),
    readRun: async (runId, { signal, maxBodyBytes }) =>
      call(runRequest('readRun', runId, fetchMs, signal), (answer) => collectRun(answer, maxBodyBytes)),
    async *streamRun(runId, { signal } = {}) {
      yield* exchangeParts(connection, runRequest('streamRun', runId, fetchMs, signal));
    },
    uploadFile: (file, { signal } = {}) => call(uploadRequest(file, fetchMs, signal), readUploadAnswer),
    deleteRun: (runId, { signal } = {}) => remove('deleteRun', 'parser_runs', runId, signal),
    deleteFile: (fileId, { signal } = {}) => remove('deleteFile', 'files', fileId, signal),
  };
}

function toConnection(options: ExtendClientOptions, observe: RequestObserver | undefined): Connection {
  const { apiKey, workspaceId } = options;
  const keys = createKeyRing();
  if (typeof apiKey === 'string' && isHeaderWord(apiKey.trim())) keys.note(apiKey.trim());
  return {
    keys,
    baseUrl: checkedBaseUrl(options.baseUrl ?? DEFAULT_BASE_URL),
    apiKey: typeof apiKey === 'function' ? apiKey : () => apiKey,
    ...defined({
      workspaceId: workspaceId === undefined ? undefined : checkedWorkspaceId(workspaceId),
      observe,
    }),
  };
}

function toTimeouts({
  statusTimeoutMs,
  submitTimeoutMs,
  fetchTimeoutMs,
}: ExtendClientOptions): ExtendClient['timeouts'] {
  const { status, submit, fetch } = MAX_REQUEST_MS;
  return {
    statusMs: checkedMs('statusTimeoutMs', statusTimeoutMs ?? status, status),
    submitMs: checkedMs('submitTimeoutMs', submitTimeoutMs ?? submit, submit),
    fetchMs: checkedMs('fetchTimeoutMs', fetchTimeoutMs ?? DEFAULT_FETCH_TIMEOUT_MS, fetch),
  };
}

async function readSubmitAnswer(answer: HttpAnswer, redactor: Redactor): Promise<RunState> {
  return decodeSubmitAnswer(await readJson(answer, MAX_SMALL_BODY_BYTES), redactor);
}

async function readUploadAnswer(answer: HttpAnswer): Promise<{ readonly fileId: string }> {
  return decodeUploadAnswer(await readJson(answer, MAX_SMALL_BODY_BYTES));
}

async function readJson(answer: HttpAnswer, limitBytes: number): Promise<unknown> {
  const text = await readText(answer, limitBytes);
  try {
    return JSON.parse(text);
  } catch {
    throw new ContractError(text === '' ? 'the body is empty' : `the body (${text.length} characters) is not JSON`);
  }
}

async function drain(answer: HttpAnswer): Promise<void> {
  await readText(answer, MAX_SMALL_BODY_BYTES);
}

async function ignoreGone(deletion: Promise<void>): Promise<void> {
  try {
    await deletion;
  } catch (error) {
    const isGone = error instanceof ParseApiError && error.status === 404;
    if (!isGone || isEndpointMissing(error) || isVersionRemoved(error)) throw error;
  }
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
