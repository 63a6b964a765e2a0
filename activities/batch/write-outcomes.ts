import { withHeartbeat } from '../heartbeat';
import type { ParseActivities, WriteOutcomesInput } from '../types';
import { createBatchStore, type BatchStore, type BatchStoreOptions } from './batch-store';
import { pageUris, segmentName } from './locations';

/**
 * Builds the activity that writes one segment of outcomes. The segment depends on the activity's input alone, so a
 * repeat writes the same object, and so does an attempt that goes on after Temporal gave it up. With the last segment
 * the activity deletes the batch's pages.
 *
 * @returns An activity that fails with `ResultStoreFailed`: final if the store refuses, else retried.
 */
export function createWriteOutcomes({ store }: BatchStoreOptions): ParseActivities['writeOutcomes'] {
  return async function writeOutcomes(input) {
    await withHeartbeat(write(createBatchStore(store), input));
  };
}

async function write(store: BatchStore, input: WriteOutcomesInput): Promise<void> {
  const { place: location, segment, outcomes, deletePages = 0 } = input;
  if (outcomes.length > 0) await store.write(`${location.directory}/${segmentName(segment)}`, outcomes);
  await store.remove(pageUris(location, deletePages));
}
