import type { PageDocument, ParseActivities } from '../types';
import { createBatchStore, type BatchStoreOptions } from './batch-store';
import { pageName } from './locations';

/**
 * Builds the activity that reads one page of documents, as `prepareBatch` wrote it.
 *
 * @returns An activity that fails with `ResultStoreFailed`: final if the store refuses, else retried.
 */
export function createReadBatchPage({ store }: BatchStoreOptions): ParseActivities['readBatchPage'] {
  return async function readBatchPage({ place: location, page }) {
    const documents: PageDocument[] = [];
    const reading = createBatchStore(store).read(`${location.uri}/${pageName(page)}`);
    for await (const document of reading) documents.push(document as PageDocument);
    return documents;
  };
}
