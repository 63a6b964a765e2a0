import { classifyApiError } from '../contract';
import {
  decodeBatchAnswer,
  decodeListedRun,
  decodeRunPage,
  ParseApiError,
  type BatchState,
  type ListedRun,
  type ParseBatchRequest,
  type ParseRequest,
} from '../contract/extend';
import { defined, isPlainObject } from '../json';
import { type Redactor } from '../privacy';
import type { ExtendApi, PolledRun, RunListQuery } from './extend-api';
import type { HttpAnswer } from './http-answer';
import type { Sender } from './sender';
import { createSharedCalls, drain, readJson, readRequest, sendSubmit, type KeptAnswer } from './shared-calls';
import { toPolledRun } from './polled-run';
import { pathOf } from './requests';
import { namesOutput, streamNamedOutput, streamWithOutput, toMembers } from './stream-with-output';

const RUNS = 'parse_runs';
/** Limit of a page of the list of runs, in bytes: 1,000 runs with 10 KB of metadata each, and room to spare. */
const MAX_PAGE_BYTES = 33_554_432;

/** Builds Extend's API in version 2026-02-09. */
export function createApi20260209(sender: Sender): ExtendApi {
  const { send, timeouts } = sender;
  const { pollAndKeep, ...calls } = createSharedCalls(sender, RUNS);
  const api: ExtendApi = {
    apiVersion: '2026-02-09',
    submitParse: async (request, options) => sendSubmit(sender, '/parse_runs', toBody(request), options),
    ...calls,
    pollForResult: async (runId, options) => withContent(await pollAndKeep(runId, options), { ...api, runId, sender }),
    streamRun: (runId, { signal } = {}) => streamWithOutput(sender, runId, signal),
    cancelRun: async (runId, { signal } = {}) => {
      const path = `${pathOf(RUNS, runId)}/cancel`;
      const request = { operation: 'cancelRun', method: 'POST', path, signal } as const;
      return isAccepted(send({ ...request, timeoutMs: timeouts.statusMs }, drain));
    },
    describeRun: async (runId, { signal } = {}) => {
      const request = { ...readRequest(RUNS, runId, 'url'), operation: 'readRunState', signal } as const;
      return unlessMissing(send({ ...request, timeoutMs: timeouts.statusMs }, readListedRun));
    },
    listRuns: async (query, { signal } = {}) => {
      const request = { operation: 'listRuns', method: 'GET', path: '/parse_runs', query: toQuery(query) } as const;
      const read = async (answer: HttpAnswer, redactor: Redactor) =>
        decodeRunPage(await readJson(answer, MAX_PAGE_BYTES), redactor);
      return send({ ...request, timeoutMs: timeouts.statusMs, signal }, read);
    },
    createBatch: async ({ inputs, ...common }, { signal, secrets = [] } = {}) => {
      const json = { inputs: inputs.map(toInput), ...common };
      const request = { operation: 'createBatch', method: 'POST', path: '/parse_runs/batch', json, secrets } as const;
      return send({ ...request, timeoutMs: timeouts.submitMs, signal }, readBatchAnswer);
    },
    readBatch: async (batchId, { signal } = {}) => {
      const request = { operation: 'readBatch', method: 'GET', path: pathOf('batch_runs', batchId) } as const;
      return send({ ...request, timeoutMs: timeouts.statusMs, signal }, readBatchAnswer);
    },
  };
  return api;
}

/** Makes the answer to a poll. An answer that was asked for a URL may have the output nevertheless. */
function withContent(
  { state, body, responseType }: KeptAnswer,
  {
    sender,
    runId,
    ...api
  }: Pick<ExtendApi, 'readRun' | 'streamRun'> & { readonly sender: Sender; readonly runId: string },
): PolledRun {
  const members = body === undefined ? {} : toMembers(JSON.parse(new TextDecoder().decode(body)));
  const hasOutput = responseType === 'json' || isPlainObject(members['output']);
  const download = (signal?: AbortSignal) => streamNamedOutput(sender, { runId, members, signal });
  return toPolledRun(state, {
    ...api,
    runId,
    carried: hasOutput ? body : undefined,
    download: namesOutput(members) ? download : undefined,
  });
}

/** The vendor's own programs disagree about the parameter for the size of a page, so both are sent. */
function toQuery({ status, batchId, nextPageToken, pageSize }: RunListQuery): Readonly<Record<string, string>> {
  const size = pageSize === undefined ? undefined : String(pageSize);
  return defined({ status, batchId, nextPageToken, limit: size, maxPageSize: size });
}

async function readListedRun(answer: HttpAnswer, redactor: Redactor): Promise<ListedRun | undefined> {
  return decodeListedRun(await readJson(answer, MAX_PAGE_BYTES), redactor);
}

/** Waits for a request. @returns `undefined` if Extend does not know the run */
async function unlessMissing<T>(request: Promise<T>): Promise<T | undefined> {
  return request.catch((error: unknown) => {
    if (error instanceof ParseApiError && error.status === 404) return undefined;
    throw error;
  });
}

async function readBatchAnswer(answer: HttpAnswer, redactor: Redactor): Promise<BatchState> {
  return decodeBatchAnswer(await readJson(answer), redactor);
}

function toBody({ file, config, metadata, dataRetention }: ParseRequest): object {
  const retention = dataRetention === undefined ? undefined : { mode: dataRetention };
  return defined({ ...toInput(defined({ file, metadata })), config, dataRetention: retention });
}

function toInput({ file, metadata }: ParseBatchRequest['inputs'][number]): object {
  const { fileUrl, fileId, fileName, password } = file;
  const settings = password === undefined ? undefined : { password };
  const named = fileId === undefined ? defined({ url: fileUrl, name: fileName, settings }) : { id: fileId };
  return defined({ file: named, metadata });
}

/**
 * Statuses with which Extend may refuse to cancel a run that has ended or does not exist. Its documentation does not name
 * the status.
 */
const REFUSED_STATUSES: ReadonlySet<number | undefined> = new Set([400, 404, 409, 422]);

/** Waits for a cancellation. @returns `false` if Extend refused it, because the run has ended or does not exist */
async function isAccepted(cancelling: Promise<void>): Promise<boolean> {
  try {
    await cancelling;
    return true;
  } catch (error) {
    const isRefused = error instanceof ParseApiError && REFUSED_STATUSES.has(error.status);
    if (isRefused && classifyApiError(error, 'cancel') === 'RequestRejected') return false;
    throw error;
  }
}
