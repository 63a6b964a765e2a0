import { once } from 'node:events';
import { cancellationSignal, log } from '@temporalio/activity';
import { startTimeLimit } from '../../http';
import { errorMessage, readJsonLines } from '../../json';
import { redact } from '../../privacy';
import { StoreRefusedError, type ResultStore } from '../../storage';
import { storeFailure } from '../store-failure';
import { finalFailure } from '../to-application-failure';

/** Settings of the activities that read and write a batch's objects. */
export interface BatchStoreOptions {
  /** Store of the pages and outcomes. @default none: batches fail */
  readonly store?: ResultStore | undefined;
}

/** JSON Lines in the result store. Its methods fail as the activities do. */
export interface BatchStore {
  /** Writes an object of one line per value, and returns its URI. */
  write(name: string, values: Iterable<unknown>): Promise<string>;
  /** Reads an object's values one after the other. */
  read(uri: string): AsyncGenerator<unknown, void>;
  /**
   * Reads an object's values; `undefined` if the store refuses to read the object, because it does not exist. A refusal for
   * another reason, as far as the store tells it, is a failure.
   */
  readIfThere(uri: string): Promise<unknown[] | undefined>;
  /** Deletes objects, if the store can. A failure is logged and not thrown, because the batch must still end. */
  remove(uris: readonly string[]): Promise<void>;
}

/**
 * Builds a {@link BatchStore} for one activity.
 *
 * @param signal ends the calls early. @default the cancellation of the activity
 * @throws ApplicationFailure `ResultStoreFailed`: final if there is no store or it refuses; else retried.
 */
export function createBatchStore(store: ResultStore | undefined, signal = cancellationSignal()): BatchStore {
  if (store === undefined) {
    const message = 'a batch needs a result store, and the worker has none (EXTEND_PARSE_RESULT_DIR)';
    throw finalFailure('ResultStoreFailed', message, {});
  }
  return {
    write: (name, values) => store.write(name, toLines(values), { signal }).catch(failStore),
    read: (uri) => readValues(store, uri, signal),
    readIfThere: async (uri) => {
      try {
        const values: unknown[] = [];
        for await (const value of readJsonLines(await store.read(uri, { signal }))) values.push(value);
        return values;
      } catch (error) {
        if (error instanceof StoreRefusedError && error.isMissing !== false) return undefined;
        return failStore(error);
      }
    },
    remove: (uris) => removeEach(store, uris, signal),
  };
}

/** Limit of deletions in flight. */
const REMOVED_AT_ONCE = 20;
/**
 * Time limit of all deletions of an activity, in milliseconds. It is far below the time limit of the activity, so that
 * neither many pages nor a store that never answers can keep the batch from ending.
 */
const REMOVE_MS = 60_000;

async function removeEach(store: ResultStore, uris: readonly string[], signal: AbortSignal): Promise<void> {
  if (store.delete === undefined || uris.length === 0) return;
  const limit = startTimeLimit(REMOVE_MS, signal);
  const left = [...uris];
  let reason: string | undefined;
  const removeNext = async (): Promise<void> => {
    for (let uri = left.pop(); uri !== undefined && !limit.signal.aborted; uri = left.pop()) {
      // The other pages are deleted even if one page cannot be.
      try {
        await store.delete?.(uri, { signal: limit.signal });
      } catch (error) {
        reason ??= errorMessage(error);
      }
    }
  };
  const removing = Promise.all(Array.from({ length: REMOVED_AT_ONCE }, removeNext));
  await Promise.race([removing, once(limit.signal, 'abort')]).finally(() => limit.end());
  signal.throwIfAborted();
  if (limit.isOver) reason ??= `deleting took longer than ${REMOVE_MS} ms`;
  if (reason !== undefined) log.warn('pages of the batch stay in the result store', { reason: redact(reason) });
}

async function* readValues(store: ResultStore, uri: string, signal: AbortSignal): AsyncGenerator<unknown, void> {
  try {
    yield* readJsonLines(await store.read(uri, { signal }));
  } catch (error) {
    failStore(error);
  }
}

async function* toLines(values: Iterable<unknown>): AsyncGenerator<Uint8Array, void> {
  for (const value of values) yield Buffer.from(`${JSON.stringify(value)}\n`);
}

function failStore(error: unknown): never {
  cancellationSignal().throwIfAborted();
  throw storeFailure(error, { redact });
}
