import { once } from 'node:events';
import { activityInfo, cancellationSignal, log } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { errorMessage } from '../../contract';
import { redact } from '../../privacy';
import { startTimeLimit } from '../../http';
import { StoreRefusedError, type ResultStore } from '../../storage';
import { linesOf } from './lines';
import { finalFailure } from '../to-application-failure';

/** More than any line that this package writes. In bytes. */
const MAX_STORED_LINE_BYTES = 16_000_000;

/** JSON lines in the result store, with its failures as the activities tell them. */
export interface BatchStore {
  /** Writes an object of one line per value, and returns its URI. */
  write(name: string, values: Iterable<unknown>): Promise<string>;
  /** Reads an object's values one after the other. */
  read(uri: string): AsyncGenerator<unknown, void>;
  /** Reads an object's values; `undefined` where the store gives none. */
  readIfThere(uri: string): Promise<unknown[] | undefined>;
  /** Deletes objects, if the store can. A failure is logged and not thrown, because the batch must still end. */
  remove(uris: readonly string[]): Promise<void>;
}

/**
 * Builds a {@link BatchStore} for one activity.
 *
 * @throws ApplicationFailure `ResultStoreFailed`: final where there is no store, or it refuses; else retried.
 */
export function createBatchStore(store: ResultStore | undefined): BatchStore {
  if (store === undefined) {
    const message = 'a batch needs a result store, and the worker has none (EXTEND_PARSE_RESULT_DIR)';
    throw finalFailure('ResultStoreFailed', message, {});
  }
  const signal = cancellationSignal();
  return {
    write: (name, values) => store.write(name, toLines(values), { signal }).catch(failStore),
    read: (uri) => readValues(store, uri, signal),
    readIfThere: async (uri) => {
      try {
        const values: unknown[] = [];
        for await (const value of parsed(await store.read(uri, { signal }))) values.push(value);
        return values;
      } catch (error) {
        if (error instanceof StoreRefusedError) return undefined;
        return failStore(error);
      }
    },
    remove: (uris) => removeEach(store, uris, signal),
  };
}

/** Deletes at a time. */
const REMOVED_AT_ONCE = 20;
/**
 * Time for all deletions of an activity, in milliseconds. It is far below the time limit of the activity, so that neither
 * many pages nor a store that never answers can keep the batch from ending.
 */
const REMOVE_MS = 60_000;

async function removeEach(store: ResultStore, uris: readonly string[], signal: AbortSignal): Promise<void> {
  if (store.delete === undefined || uris.length === 0) return;
  const limit = startTimeLimit(REMOVE_MS, signal);
  const left = [...uris];
  let reason: string | undefined;
  const removeNext = async (): Promise<void> => {
    for (let uri = left.pop(); uri !== undefined && !limit.signal.aborted; uri = left.pop()) {
      // One page that stays is no reason to keep the others.
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
    yield* parsed(await store.read(uri, { signal }));
  } catch (error) {
    failStore(error);
  }
}

async function* parsed(parts: AsyncIterable<Uint8Array>): AsyncGenerator<unknown, void> {
  for await (const { bytes } of linesOf(parts, MAX_STORED_LINE_BYTES)) {
    yield JSON.parse(Buffer.from(bytes ?? []).toString('utf8'));
  }
}

async function* toLines(values: Iterable<unknown>): AsyncGenerator<Uint8Array, void> {
  for (const value of values) yield Buffer.from(`${JSON.stringify(value)}\n`);
}

function failStore(error: unknown): never {
  cancellationSignal().throwIfAborted();
  const { message, code } = error as { message?: unknown; code?: unknown };
  const attempts = activityInfo().attempt;
  throw ApplicationFailure.create({
    type: 'ResultStoreFailed',
    message: `the result store failed: ${redact(String(message ?? error))} [attempt=${attempts}]`,
    nonRetryable: error instanceof StoreRefusedError,
    details: [{ attempts, ...(typeof code === 'string' && { code }) }],
  });
}
