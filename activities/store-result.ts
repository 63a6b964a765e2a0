import { createHash } from 'node:crypto';
import { activityInfo, cancellationSignal, heartbeat } from '@temporalio/activity';
import type { ApplicationFailure } from '@temporalio/common';
import type { FailureDetails } from '../contract';
import { ContractError, type ApiVersion } from '../contract/extend';
import { type Redactor } from '../privacy';
import type { ExtendClient, PolledRun } from '../http';
import type { ResultStore } from '../storage';
import { logLeftOut, noOutputYet, toRunSummary } from './to-run-summary';
import { withHeartbeat } from './heartbeat';
import { recordStored } from './metrics';
import { createRunStream } from './run-stream';
import { storeFailure } from './store-failure';
import { finalFailure, toApplicationFailure } from './to-application-failure';
import type { FetchedResult, ParseActivities } from './types';
import { apiOf } from './version-of';

/** Number of failures of the store after which the failure is final. With Temporal's delays that takes some minutes. */
const MAX_STORE_FAILURES = 10;

/**
 * Heartbeat details for the next attempt. Only failures of the store count toward the limit, not failed reads from
 * Extend.
 */
interface EarlierStores {
  readonly storeFailures: number;
}

/** Settings of {@link createStoreResult}. */
export interface StoreResultOptions {
  /** Extend's API. */
  readonly extend: ExtendClient;
  /** Store of the results. @default none: `result: 'stored'` fails */
  readonly store?: ResultStore | undefined;
}

/**
 * Builds the activity that streams a finished run from Extend into the result store, as `<runId>.json`, and returns a
 * reference to it. It holds only a part of the document in memory. Another attempt writes the same object again.
 *
 * @returns an activity that fails with one of these types:
 *  - `ResultStoreFailed`: the store refused, or failed ten times; final. The run is kept at Extend.
 *  - `ContractViolation`: for two minutes the run had no output, or an output that breaks the contract; final.
 *  - `RateLimited`, `Unavailable`, `Unauthorized`, `EndpointNotFound`: retried.
 *  - `ParserRunNotFound`, `OutOfCredits`, `RequestRejected`, `ApiVersionRemoved`: final.
 */
export function createStoreResult({ extend, store }: StoreResultOptions): ParseActivities['storeResult'] {
  return async function storeResult(input) {
    const { runId } = input;
    const api = apiOf(extend, input);
    const { apiVersion } = api;
    if (store === undefined) {
      throw noStore({ runId });
    }
    const details = earlierStores();
    try {
      return await storeRun((options) => api.streamRun(runId, options), { runId, apiVersion, extend, store, details });
    } catch (error) {
      if (error instanceof StoreError) throw storeFailed(error.cause, runId, extend.redactor);
      if (error instanceof ContractError) throw noOutputYet(error, input, extend.redactor);
      throw toApplicationFailure(error, { ...input, purpose: 'read' });
    }
  };
}

/** Makes the failure of a worker without a result store. */
export function noStore(details: FailureDetails = {}): ApplicationFailure {
  return finalFailure('ResultStoreFailed', 'the worker has no result store (EXTEND_PARSE_RESULT_DIR)', details);
}

/** An error of the result store. The cause is the value that the store threw. */
export class StoreError extends Error {
  constructor(cause: unknown) {
    super('the result store failed', { cause });
  }
}

/** Facts that {@link storeRun} needs beside the run's content. */
export interface StoreRunContext {
  readonly runId: string;
  /** Version of the API in which the run is fetched. */
  readonly apiVersion: ApiVersion;
  readonly extend: ExtendClient;
  readonly store: ResultStore;
  /** Heartbeat details for the next attempt. */
  readonly details: object;
}

/**
 * Streams a finished run into the result store.
 *
 * @throws StoreError for an error of the store; ContractError if the run has no usable output; the errors of `stream`
 */
export async function storeRun(
  stream: PolledRun['stream'],
  { runId, apiVersion, extend, store, details }: StoreRunContext,
): Promise<FetchedResult> {
  const signal = cancellationSignal();
  const reading = new AbortController();
  const stop = () => reading.abort(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  const content = createRunStream(stream({ signal: reading.signal }));
  try {
    const uri = await withHeartbeat(store.write(objectName(runId), content.content, { signal }), details);
    const { run, leftOut, chunkCount, bytes, sha256 } = content.summary();
    recordStored(bytes);
    logLeftOut(runId, leftOut);
    const facts = toRunSummary(run, { runId, apiVersion, redactor: extend.redactor });
    return { ...facts, output: { kind: 'stored', uri, bytes, sha256, chunkCount } };
  } catch (error) {
    signal.throwIfAborted();
    const failure = content.failure();
    throw failure instanceof Error ? failure : new StoreError(error);
  } finally {
    // An activity that stores many runs has one signal for all of them.
    signal.removeEventListener('abort', stop);
    // A store that fails may leave the stream open.
    reading.abort();
    await content.close();
  }
}

/** Longest encoded id in a name. File systems allow names of at most 255 bytes. */
const MAX_NAME_LENGTH = 200;
const HASH_LENGTH = 32;

/** Makes a name that every store accepts: the encoded id, or for a long id its beginning and its hash. */
function objectName(runId: string): string {
  const encode = (character: string) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  const name = encodeURIComponent(runId).replace(/[!'()*~]|^\./g, encode);
  if (name.length <= MAX_NAME_LENGTH) return `${name}.json`;
  const hash = createHash('sha256').update(runId).digest('hex').slice(0, HASH_LENGTH);
  return `${name.slice(0, MAX_NAME_LENGTH - HASH_LENGTH - 1)}-${hash}.json`;
}

function storeFailed(error: unknown, runId: string, redactor: Redactor): ApplicationFailure {
  const storeFailures = earlierStores().storeFailures + 1;
  heartbeat({ storeFailures } satisfies EarlierStores);
  const isGivenUp = storeFailures >= MAX_STORE_FAILURES;
  return storeFailure(error, { redact: (text) => redactor.text(text), runId, isGivenUp });
}

function earlierStores(): EarlierStores {
  const { storeFailures = 0 } = (activityInfo().heartbeatDetails ?? {}) as Partial<EarlierStores>;
  return { storeFailures };
}
