import { createExtendClient, type ExtendClientOptions } from '../http';
import { defined } from '../json';
import { createFileStore, createSources, type ResultStore, type SourceResolver } from '../storage';
import { createCancelRun } from './cancel-run';
import { createDeleteRun } from './delete-run';
import { createFetchResult } from './fetch-result';
import { createCancelGroup } from './bulk/cancel-group';
import { createDeleteRuns } from './bulk/delete-runs';
import { createFollowGroup } from './bulk/follow-group';
import { createSubmitGroup } from './bulk/submit-group';
import { createTakeGroup } from './bulk/take-group';
import { createCancelDocuments, createFollowDocuments } from './batch/follow-documents';
import { createFindRun } from './find-run';
import { createGetStatus } from './get-status';
import { createPrepareBatch } from './batch/prepare-batch';
import { createReadBatchPage } from './batch/read-batch-page';
import { createWriteOutcomes } from './batch/write-outcomes';
import { recordRequest } from './metrics';
import { createStoreResult } from './store-result';
import { createSubmitParse } from './submit-parse';
import type { ParseActivities } from './types';
import { createUploadFile } from './upload-file';

/** Settings of {@link createParseActivities}. They are fixed when the worker starts. */
export interface ParseActivitiesOptions extends ExtendClientOptions {
  /**
   * Largest inline result, in bytes: the size of the whole workflow result as UTF-8 JSON, before any codec. Temporal
   * refuses more than 2 MiB. @default 1_500_000
   */
  readonly maxInlineBytes?: number;
  /** Only directory that `file:` sources may name. @default none: `file:` sources are refused */
  readonly sourceDirectory?: string;
  /** Your own resolvers of sources, by scheme without the colon: `{ s3: … }`. @default {} */
  readonly sources?: Readonly<Record<string, SourceResolver>>;
  /**
   * Directory in which stored results are kept as files. All readers must see it.
   * @default none: `result: 'stored'` fails
   */
  readonly resultDirectory?: string;
  /**
   * Metadata of this package at each run on version 2026-02-09 of the API: namespace, workflow id and number of the
   * submit. They are needed to find the run of a submit whose answer was lost, and to route webhooks. `false` switches
   * them off: then neither works. @default true
   */
  readonly runMetadata?: boolean;
  /** Result store, instead of `resultDirectory`. @default none */
  readonly resultStore?: ResultStore;
}

const DEFAULT_MAX_INLINE_BYTES = 1_500_000;

/**
 * Builds the activities for a worker: `Worker.create({ activities: createParseActivities({ apiKey }) })`. The
 * activities open connections to Extend when they need them. You have to close nothing.
 *
 * @throws TypeError if `baseUrl` is not an http(s) URL, or if both `resultDirectory` and `resultStore` are given;
 * RangeError if a number is not positive and whole.
 */
export function createParseActivities(options: ParseActivitiesOptions): ParseActivities {
  const { maxInlineBytes = DEFAULT_MAX_INLINE_BYTES, runMetadata = true } = options;
  if (!Number.isSafeInteger(maxInlineBytes) || maxInlineBytes <= 0) {
    throw new RangeError(`maxInlineBytes must be a positive whole number of bytes, got ${maxInlineBytes}`);
  }
  const extend = createExtendClient(options, recordRequest);
  const sources = createSources(options);
  const store = resultStoreOf(options);
  return {
    submitParse: createSubmitParse({ extend, sources, runMetadata, hasStore: store !== undefined }),
    findRun: createFindRun({ extend, runMetadata }),
    getStatus: createGetStatus(defined({ extend, maxInlineBytes, store })),
    fetchResult: createFetchResult({ extend, maxInlineBytes }),
    storeResult: createStoreResult({ extend, store }),
    uploadFile: createUploadFile({ extend, sources }),
    cancelRun: createCancelRun(extend),
    deleteRun: createDeleteRun(extend),
    prepareBatch: createPrepareBatch({ extend, store, sources, runMetadata }),
    readBatchPage: createReadBatchPage({ store }),
    writeOutcomes: createWriteOutcomes({ store }),
    followDocuments: createFollowDocuments(),
    cancelDocuments: createCancelDocuments(),
    submitGroup: createSubmitGroup({ extend, store, sources }),
    followGroup: createFollowGroup({ extend, store }),
    cancelGroup: createCancelGroup({ extend, store }),
    takeGroup: createTakeGroup({ store }),
    deleteRuns: createDeleteRuns({ extend, store }),
  };
}

function resultStoreOf({ resultDirectory, resultStore }: ParseActivitiesOptions): ResultStore | undefined {
  if (resultDirectory === undefined) return resultStore;
  if (resultStore !== undefined) throw new TypeError("give 'resultDirectory' or 'resultStore', not both");
  return createFileStore({ directory: resultDirectory });
}
