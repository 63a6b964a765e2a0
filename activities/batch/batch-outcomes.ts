import type { ResultStore } from '../../storage';
import { pageName, pageUris, segmentName } from './batch-places';
import { createBatchStore, type BatchStore } from './batch-store';
import { withHeartbeat } from '../heartbeat';
import type { PageDocument, ParseActivities, WriteOutcomesInput } from '../types';

/** Settings of {@link createReadBatchPage} and {@link createWriteOutcomes}. */
export interface BatchStoreOptions {
  /** Where pages and outcomes are kept. @default none: batches fail */
  readonly store?: ResultStore | undefined;
}

/**
 * Builds the activity that reads one page of documents, as `prepareBatch` wrote it.
 *
 * @returns An activity that fails with `ResultStoreFailed`: final where the store refuses, else retried.
 */
export function createReadBatchPage({ store }: BatchStoreOptions): ParseActivities['readBatchPage'] {
  return async function readBatchPage({ place, page }) {
    const documents: PageDocument[] = [];
    const reading = createBatchStore(store).read(`${place.uri}/${pageName(page)}`);
    for await (const document of reading) documents.push(document as PageDocument);
    return documents;
  };
}

/**
 * Builds the activity that writes one segment of outcomes. What it writes follows from its input alone: a repeat, or an
 * attempt that was given up and goes on, leaves the same object. With the last segment it deletes the batch's pages.
 *
 * @returns An activity that fails with `ResultStoreFailed`: final where the store refuses, else retried.
 */
export function createWriteOutcomes({ store }: BatchStoreOptions): ParseActivities['writeOutcomes'] {
  return async function writeOutcomes(input) {
    await withHeartbeat(write(createBatchStore(store), input));
  };
}

async function write(store: BatchStore, input: WriteOutcomesInput): Promise<void> {
  const { place, segment, outcomes, deletePages = 0 } = input;
  if (outcomes.length > 0) await store.write(`${place.directory}/${segmentName(segment)}`, outcomes);
  await store.remove(pageUris(place, deletePages));
}
