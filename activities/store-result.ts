import { createHash } from 'node:crypto';
import { activityInfo, cancellationSignal, heartbeat } from '@temporalio/activity';
import type { ApplicationFailure } from '@temporalio/common';
import { ContractError } from '../contract/extend';
import { type Redactor } from '../privacy';
import type { ExtendClient } from '../http';
import type { ResultStore } from '../storage';
import { logLeftOut, noOutputYet, toRunSummary } from './to-run-summary';
import { withHeartbeat } from './heartbeat';
import { recordStored } from './metrics';
import { createRunStream } from './run-stream';
import { storeFailure } from './store-failure';
import { finalFailure, toApplicationFailure } from './to-application-failure';
import type { ParseActivities } from './types';
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
    if (store === undefined) {
      throw finalFailure('ResultStoreFailed', 'the worker has no result store (EXTEND_PARSE_RESULT_DIR)', { runId });
    }
    const signal = cancellationSignal();
    const reading = new AbortController();
    signal.addEventListener('abort', () => reading.abort(signal.reason), { once: true });
    const stream = createRunStream(api.streamRun(runId, { signal: reading.signal }));
    try {
      const writing = store.write(objectName(runId), stream.content, { signal });
      const uri = await withHeartbeat(writing, earlierStores());
      const { run, leftOut, chunkCount, bytes, sha256 } = stream.summary();
      recordStored(bytes);
      logLeftOut(runId, leftOut);
      const facts = toRunSummary(run, { runId, apiVersion: api.apiVersion, redactor: extend.redactor });
      return { ...facts, output: { kind: 'stored', uri, bytes, sha256, chunkCount } };
    } catch (error) {
      signal.throwIfAborted();
      const failure = stream.failure();
      if (failure instanceof ContractError) throw noOutputYet(failure, input, extend.redactor);
      if (failure !== undefined) throw toApplicationFailure(failure, { ...input, purpose: 'read' });
      throw storeFailed(error, runId, extend.redactor);
    } finally {
      // A store that fails may leave the stream open.
      reading.abort();
      await stream.close();
    }
  };
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
