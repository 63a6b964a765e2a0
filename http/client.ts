import { isEndpointMissing, isVersionRemoved } from '../contract';
import {
  ContractError,
  decodeSubmitAnswer,
  decodeUploadAnswer,
  DEFAULT_BASE_URL,
  MAX_REQUEST_MS,
  ParseApiError,
  type CollectedRun,
  type ParseAsyncRequest,
  type RunState,
} from '../contract/extend';
import { createRedactor, redact, type Redactor, type Secret } from '../privacy';
import type { Answer } from './answer';
import { exchange, exchangeParts, type Connection, type ExchangeRequest } from './exchange';
import { createKeyRing } from './key-ring';
import { collectRun, readText } from './read-body';
import { readRunState } from './read-state';
import { pathOf, runRequest, uploadRequest } from './requests';
import { createStateReader } from './state-reader';
import type { RequestObserver, RequestOperation } from './request-watch';
import { isUsable, noteKey } from './usable-key';

/** Settings of {@link createExtendClient}. */
export interface ExtendClientOptions {
  /** Extend's API key, or a function that gives it; the function is called for each request. */
  readonly apiKey: string | (() => string | Promise<string>);
  /** Where the API is. @default 'https://api.extend.ai' */
  readonly baseUrl?: string;
  /** Needed with a key of a whole organization. @default none */
  readonly workspaceId?: string;
  /** Limit of a status read, in milliseconds, from connecting to the last byte; also of a deletion, which ends after 5 s at the latest. At most the default. @default 20_000 */
  readonly statusTimeoutMs?: number;
  /** Limit of a submit, in milliseconds. At most the default. @default 60_000 */
  readonly submitTimeoutMs?: number;
  /** Limit of fetching or storing a result and of an upload, in milliseconds, at most one hour. @default 300_000 (5 minutes) */
  readonly fetchTimeoutMs?: number;
}

/** What a call may be given beside its subject. */
export interface CallOptions {
  /** Ends the call early; it then throws the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Options of a submit. */
export interface SubmitOptions extends CallOptions {
  /** Secrets in the request, beside the key: no error and no state repeats them. @default none */
  readonly secrets?: readonly Secret[];
}

/** Extend's API, version 2025-04-21, as far as this package uses it. Every call sends one request and repeats nothing. */
export interface ExtendClient {
  /** The limits that hold, in milliseconds. */
  readonly timeouts: { readonly statusMs: number; readonly submitMs: number; readonly fetchMs: number };
  /** Takes the keys that this client has used out of texts, and whatever has the shape of a secret. */
  readonly redactor: Redactor;
  /** Makes the key that is in use now known to the redactor. It never fails: a key that cannot be read is not known. */
  noteKey(options?: CallOptions): Promise<void>;
  /** `POST /parse/async`. */
  submitParse(request: ParseAsyncRequest, options?: SubmitOptions): Promise<RunState>;
  /** `GET /parser_runs/{id}` without its content: reads the state only, whatever the answer's size. */
  readRunState(runId: string, options?: CallOptions): Promise<RunState>;
  /** `GET /parser_runs/{id}` with its content, in memory. @throws BodyTooLargeError above `maxBodyBytes` */
  readRun(runId: string, options: CallOptions & { readonly maxBodyBytes: number }): Promise<CollectedRun>;
  /** `GET /parser_runs/{id}` with its content, as it arrives. @throws ParseApiError from the iteration */
  streamRun(runId: string, options?: CallOptions): AsyncIterable<Uint8Array>;
  /** `DELETE /parser_runs/{id}`. A run that is gone already is fine. */
  deleteRun(runId: string, options?: CallOptions): Promise<void>;
  /** `POST /files/upload`. Not idempotent: each call makes a file. */
  uploadFile(
    file: { readonly content: Blob; readonly fileName: string },
    options?: CallOptions,
  ): Promise<{ readonly fileId: string }>;
  /** `DELETE /files/{id}`. A file that is gone already is fine. */
  deleteFile(fileId: string, options?: CallOptions): Promise<void>;
}

const DEFAULT_FETCH_TIMEOUT_MS = 300_000;
/** Far above any answer that carries no document. */
const MAX_SMALL_BODY_BYTES = 1_048_576;

/**
 * Builds the client. It opens no connection until the first call.
 *
 * @param observe told of each request that has ended. @default nobody is
 * @throws TypeError if `baseUrl` is not a plain absolute http(s) URL, or `workspaceId` is nothing that a header may hold;
 * RangeError if a limit is not a whole number from 1 to its maximum.
 */
export function createExtendClient(options: ExtendClientOptions, observe?: RequestObserver): ExtendClient {
  const connection = toConnection(options, observe);
  const timeouts = toTimeouts(options);
  const call = <T>(request: ExchangeRequest, read: (answer: Answer, redactor: Redactor) => Promise<T>) =>
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
    readRunState: createStateReader((runId, responseType, signal) =>
      call({ ...runRequest('readRunState', runId, statusMs, signal), query: { responseType } }, readRunState),
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
  if (typeof apiKey === 'string' && isUsable(apiKey.trim())) keys.note(apiKey.trim());
  return {
    keys,
    baseUrl: checkedBaseUrl(options.baseUrl ?? DEFAULT_BASE_URL),
    apiKey: typeof apiKey === 'function' ? apiKey : () => apiKey,
    ...(workspaceId !== undefined && { workspaceId: checkedWorkspaceId(workspaceId) }),
    ...(observe && { observe }),
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

async function readSubmitAnswer(answer: Answer, redactor: Redactor): Promise<RunState> {
  return decodeSubmitAnswer(await readJson(answer, MAX_SMALL_BODY_BYTES), redactor);
}

async function readUploadAnswer(answer: Answer): Promise<{ readonly fileId: string }> {
  return decodeUploadAnswer(await readJson(answer, MAX_SMALL_BODY_BYTES));
}

async function readJson(answer: Answer, limitBytes: number): Promise<unknown> {
  const text = await readText(answer, limitBytes);
  try {
    return JSON.parse(text);
  } catch {
    throw new ContractError(text === '' ? 'the body is empty' : `the body (${text.length} characters) is not JSON`);
  }
}

async function drain(answer: Answer): Promise<void> {
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
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new TypeError(`baseUrl must be an absolute http(s) URL, got '${redact(baseUrl)}'`);
  }
  if (url.username !== '' || url.password !== '' || /[?#]/.test(baseUrl)) {
    throw new TypeError(`baseUrl must have no user name, password, query or fragment, got '${redact(baseUrl)}'`);
  }
  return url.href.replace(/\/+$/, '');
}

function checkedWorkspaceId(workspaceId: string): string {
  if (/^[\x21-\x7e]+$/.test(workspaceId)) return workspaceId;
  throw new TypeError(`workspaceId must be printable ASCII without blanks, got ${JSON.stringify(workspaceId)}`);
}

function checkedMs(name: string, value: number, maxMs: number): number {
  if (Number.isInteger(value) && value > 0 && value <= maxMs) return value;
  throw new RangeError(`${name} must be a whole number of milliseconds from 1 to ${maxMs}, got ${value}`);
}
