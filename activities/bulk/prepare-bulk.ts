import { activityInfo } from '@temporalio/activity';
import type { BatchInput } from '../../contract';
import type { ExtendClient } from '../../http';
import { defined } from '../../json';
import type { BatchStore } from '../batch/batch-store';
import { earlierSegments, isDone, type LatestStart } from '../batch/earlier-outcomes';
import type { PageWriter } from '../batch/page-writer';
import { finalFailure } from '../to-application-failure';
import type { BatchLocation } from '../types';
import { checkVersionedFields } from '../version-of';
import { Claims, readClaims } from './earlier-groups';
import { GroupWriter } from './group-writer';

/** Settings of {@link checkSubmission}. */
export interface SubmissionOptions {
  /** Extend's API. */
  readonly extend: Pick<ExtendClient, 'apiVersion'>;
  /** `false`: runs carry no metadata of this package. */
  readonly runMetadata: boolean;
}

/**
 * Checks if the worker can make the submits of a batch, before anything is written or sent.
 *
 * @throws ApplicationFailure `InvalidInput`, final, for bulk submits with version 2025-04-21 of the API or without the
 * metadata of this package: only the metadata tell which run belongs to which document
 */
export function checkSubmission({ submission }: BatchInput, { extend, runMetadata }: SubmissionOptions): void {
  if (submission !== 'bulk') return;
  checkVersionedFields(["submission 'bulk'"], extend.apiVersion);
  if (!runMetadata) {
    refuse(
      "submission 'bulk' needs the metadata of this package at each run: do not set EXTEND_PARSE_RUN_METADATA to off",
    );
  }
}

/** The facts with which a bulk batch is opened. */
export interface BulkOpening {
  readonly store: BatchStore;
  readonly location: BatchLocation;
  /** Takes the documents that are parsed one by one. */
  readonly pages: PageWriter;
  /** The latest execution of the batch before this one, if there was one. */
  readonly earlierStart: LatestStart | undefined;
}

/** The part of the preparation that only a bulk batch has. */
export interface BulkWork {
  readonly writer: GroupWriter;
  /** Gives the part of the note for the next execution. */
  note(): Pick<LatestStart, 'submission' | 'groups' | 'earlierGroups'>;
}

/**
 * Opens the preparation of a bulk batch. It ends the groups of an earlier execution, and reads what they have submitted.
 *
 * @returns undefined for a batch of single submits
 * @throws ApplicationFailure `InvalidInput`, final, if the batch was started before with another form of submits: its
 * documents in flight would not be found
 */
export async function openBulk(batch: BatchInput, opening: BulkOpening): Promise<BulkWork | undefined> {
  const { store, location, pages, earlierStart } = opening;
  const { submission = 'each' } = batch;
  const { submission: before = 'each', startId = '', groups = 0 } = earlierStart ?? { submission };
  if (submission !== before) {
    refuse(`submission must be '${before}', as when this batch was started before, got '${submission}'`);
  }
  if (submission === 'each') return undefined;
  const claims = earlierStart ? await readClaims(store, location, { startId, groups }) : new Claims();
  if (earlierStart && batch.retryFailed === true) await noteRetried(claims, opening, startId);
  const writer = new GroupWriter({ store, location, batch, pages, claims });
  const earlierGroups = earlierStart ? groups : undefined;
  return { writer, note: () => ({ submission: 'bulk', groups: writer.sizes.length, ...defined({ earlierGroups }) }) };
}

async function noteRetried(claims: Claims, { store, location }: BulkOpening, startId: string): Promise<void> {
  for await (const outcomes of earlierSegments(store, location, startId)) {
    for (const outcome of outcomes) {
      if (outcome.status === 'failed' && !isDone(outcome, true)) claims.noteFailed(outcome);
    }
  }
}

function refuse(problem: string): never {
  throw finalFailure('InvalidInput', `invalid input: ${problem}`, { attempts: activityInfo().attempt });
}
