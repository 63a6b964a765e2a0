import { isEndpointMissing, isVersionRemoved } from '../contract';
import {
  ContractError,
  decodeSubmitAnswer,
  decodeUploadAnswer,
  MAX_REQUEST_MS,
  ParseApiError,
  type RunState,
} from '../contract/extend';
import { type Redactor } from '../privacy';
import type { CallOptions, ExtendApi, PollForResultOptions, SubmitOptions } from './extend-api';
import type { HttpAnswer } from './http-answer';
import { createPoller, type ResponseType } from './poller';
import { collectRun, readText } from './read-body';
import { readState, type ReadAnswer } from './read-state';
import { pathOf } from './requests';
import type { Sender, UnversionedRequest } from './sender';

/** Limit of an answer that contains no document, in bytes. It is far above any real size. */
const MAX_SMALL_BODY_BYTES = 1_048_576;

/** Name of the runs in the paths of a version. */
export type RunsPath = 'parser_runs' | 'parse_runs';

/** The calls that differ between versions only by the name of the runs in the path. */
export interface SharedCalls extends Pick<
  ExtendApi,
  'pollRun' | 'readRun' | 'deleteRun' | 'uploadFile' | 'deleteFile'
> {
  /** Polls a run, and keeps an answer of at most `keepBytes`. */
  readonly pollAndKeep: (runId: string, options: PollForResultOptions) => Promise<KeptAnswer>;
}

/** The answer to a poll, and the form of the content that was asked for. */
export interface KeptAnswer extends ReadAnswer {
  readonly responseType: ResponseType;
}

type PollOptions = CallOptions & { readonly keepBytes?: number };

/** Builds the polls. Both learn together if Extend refuses `responseType=url`. */
function createPolls(
  { send, timeouts }: Pick<Sender, 'send' | 'timeouts'>,
  runs: RunsPath,
): Pick<SharedCalls, 'pollRun' | 'pollAndKeep'> {
  const poller = createPoller();
  const poll = async (runId: string, responseType: ResponseType, { signal, keepBytes = 0 }: PollOptions) => {
    // An answer that is kept may have the whole content.
    const timeoutMs = responseType === 'json' && keepBytes > 0 ? timeouts.fetchMs : timeouts.statusMs;
    const request = {
      ...readRequest(runs, runId, responseType),
      operation: 'readRunState',
      timeoutMs,
      signal,
    } as const;
    const read = (answer: HttpAnswer, redactor: Redactor) => readState(answer, redactor, keepBytes);
    return { ...(await send(request, read)), responseType };
  };
  return {
    pollRun: async (runId, options = {}) => {
      const { state } = await poller((responseType) => poll(runId, responseType, options));
      return state;
    },
    pollAndKeep: async (runId, options) =>
      options.expectsEnd ? poll(runId, 'json', options) : poller((responseType) => poll(runId, responseType, options)),
  };
}

/** Builds the calls that differ between versions only by the name of the runs in the path. */
export function createSharedCalls({ send, timeouts }: Sender, runs: RunsPath): SharedCalls {
  const { statusMs, fetchMs } = timeouts;
  const remove = async (request: Pick<UnversionedRequest, 'operation' | 'path' | 'signal'>) => {
    const timeoutMs = Math.min(statusMs, MAX_REQUEST_MS.deletion);
    await unlessGone(send({ ...request, method: 'DELETE', timeoutMs }, drain));
  };
  return {
    ...createPolls({ send, timeouts }, runs),
    readRun: async (runId, { signal, maxBodyBytes }) =>
      send(
        // Extend's documentation does not say where the content is without this parameter.
        { ...readRequest(runs, runId, 'json'), operation: 'readRun', timeoutMs: fetchMs, signal },
        (answer) => collectRun(answer, maxBodyBytes),
      ),
    deleteRun: async (runId, { signal } = {}) => remove({ operation: 'deleteRun', path: pathOf(runs, runId), signal }),
    uploadFile: ({ content, fileName }, { signal } = {}) => {
      const body = new FormData();
      body.append('file', content, fileName);
      const request = { operation: 'uploadFile', method: 'POST', path: '/files/upload', body } as const;
      return send({ ...request, timeoutMs: fetchMs, signal }, async (answer) =>
        decodeUploadAnswer(await readJson(answer)),
      );
    },
    deleteFile: async (fileId, { signal } = {}) =>
      remove({ operation: 'deleteFile', path: pathOf('files', fileId), signal }),
  };
}

/** Builds the request that reads a run. */
export function readRequest(
  runs: RunsPath,
  runId: string,
  responseType: 'json' | 'url',
): Pick<UnversionedRequest, 'method' | 'path' | 'query'> {
  return { method: 'GET', path: pathOf(runs, runId), query: { responseType } };
}

/** Sends a submit with this body. */
export function sendSubmit(
  { send, timeouts }: Sender,
  path: string,
  json: object,
  { signal, secrets = [] }: SubmitOptions = {},
): Promise<RunState> {
  const request = { operation: 'submitParse', method: 'POST', path, json, secrets, signal } as const;
  const read = async (answer: HttpAnswer, redactor: Redactor) => decodeSubmitAnswer(await readJson(answer), redactor);
  return send({ ...request, timeoutMs: timeouts.submitMs }, read);
}

/** Reads an answer as JSON. @throws ContractError if it is not JSON; BodyTooLargeError above the limit */
export async function readJson(answer: HttpAnswer, limitBytes = MAX_SMALL_BODY_BYTES): Promise<unknown> {
  const text = await readText(answer, limitBytes);
  try {
    return JSON.parse(text);
  } catch {
    throw new ContractError(text === '' ? 'the body is empty' : `the body (${text.length} characters) is not JSON`);
  }
}

/** Reads an answer whose content is not needed to its end, so that the connection can be reused. */
export async function drain(answer: HttpAnswer): Promise<void> {
  await readText(answer, MAX_SMALL_BODY_BYTES);
}

/** Waits for a request that names a run or a file. The answer that the run or file does not exist counts as success. */
async function unlessGone(request: Promise<void>): Promise<void> {
  try {
    await request;
  } catch (error) {
    const isGone = error instanceof ParseApiError && error.status === 404;
    if (!isGone || isEndpointMissing(error) || isVersionRemoved(error)) throw error;
  }
}
