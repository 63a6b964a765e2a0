import { activityInfo, cancellationDetails } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { DocumentFailureType, DocumentOutcome } from '../../contract';
import type { ResultStore, SourceResolver } from '../../storage';
import { entriesOf, type ManifestOptions } from './batch-documents';
import { PageWriter } from './batch-pages';
import { batchDirectory, segmentName } from './batch-places';
import { createBatchStore, type BatchStore } from './batch-store';
import { doneSegments, findEarlierStart, noteStart, removeEarlierPages, type DoneOutcome } from './earlier-outcomes';
import { withHeartbeat } from '../heartbeat';
import { finalFailure } from '../to-application-failure';
import type { BatchPlace, ParseActivities, PrepareBatchInput, PreparedBatch } from '../types';

const MAX_SEGMENT_LINES = 1_000;
const MAX_LISTED_PROBLEMS = 10;

/** Settings of {@link createPrepareBatch}. */
export interface PrepareBatchOptions {
  /** Where pages and outcomes are kept. @default none: batches fail */
  readonly store?: ResultStore | undefined;
  /** What opens the manifest. */
  readonly sources: SourceResolver;
  /** Knows the API key, which no error may repeat. */
  readonly extend: ManifestOptions['extend'];
}

/**
 * Builds the activity that makes a batch ready: it reads the list or manifest once, to its end, writes what is to be
 * parsed as pages into the result store, and takes over the outcomes of what an earlier start of the same batch has done.
 * The manifest may change or vanish afterwards. It holds the ids of the batch in memory, and nothing else of it. A repeat
 * writes the same objects anew.
 *
 * @returns An activity that fails with one of these types:
 *  - `InvalidInput`: no document, too many, or a bad line and `onBadLine: 'fail'`; final.
 *  - `SourceUnavailable`: no such manifest; final. `Unavailable`: it could not be read now; retried.
 *  - `ResultStoreFailed`: no store, or it refused: final; else retried.
 */
export function createPrepareBatch({ store, ...manifest }: PrepareBatchOptions): ParseActivities['prepareBatch'] {
  return async function prepareBatch(input) {
    return withHeartbeat(prepare(input, createBatchStore(store), manifest));
  };
}

async function prepare(input: PrepareBatchInput, store: BatchStore, manifest: ManifestOptions): Promise<PreparedBatch> {
  const { batch, startId } = input;
  const place = await openPlace(store, startId);
  const earlierStart = await findEarlierStart(store, place, startId);
  const earlier = earlierStart && { startId: earlierStart.startId, retryFailed: batch.retryFailed };
  const done = new Set<string>();
  if (earlier)
    for await (const outcomes of doneSegments(store, place, earlier)) for (const { id } of outcomes) done.add(id);
  const pages = new PageWriter(store, place);
  const { present, skipped } = await writePages(input, { pages, manifest, done });
  const tally = new Tally();
  let segments = 0;
  const keep = async (outcomes: readonly DocumentOutcome[]) => {
    segments += 1;
    await store.write(`${place.directory}/${segmentName(segments)}`, outcomes);
  };
  if (earlier) {
    for await (const outcomes of doneSegments(store, place, earlier)) {
      await keep(outcomes.filter((outcome) => present.has(outcome.id) && tally.add(outcome)));
    }
  }
  for (let at = 0; at < skipped.length; at += MAX_SEGMENT_LINES) await keep(skipped.slice(at, at + MAX_SEGMENT_LINES));
  if (earlierStart) await removeEarlierPages(store, place, earlierStart);
  await noteStart(store, place, {
    startId,
    pages: pages.count,
    ...(earlierStart && { continues: earlierStart.startId }),
  });
  return {
    batchId: batchId(),
    place,
    total: present.size,
    pages: pages.count,
    segments,
    skippedLines: skipped.length,
    ...tally.counts,
  };
}

/** Counts what is taken over; of a document that is there twice, the first counts. */
class Tally {
  readonly #ids = new Set<string>();
  readonly #failures: Partial<Record<DocumentFailureType, number>> = {};
  #failed = 0;

  /** Whether it is the first of its document. */
  add(outcome: DoneOutcome): boolean {
    if (this.#ids.has(outcome.id)) return false;
    this.#ids.add(outcome.id);
    if (outcome.status === 'failed') {
      const { type } = outcome.failure;
      this.#failed += 1;
      this.#failures[type] = (this.#failures[type] ?? 0) + 1;
    }
    return true;
  }

  get counts(): Pick<PreparedBatch, 'processed' | 'failed' | 'failures'> {
    return { processed: this.#ids.size - this.#failed, failed: this.#failed, failures: this.#failures };
  }
}

function batchId(): string {
  return activityInfo().workflowExecution?.workflowId ?? '';
}

/** Writes something, to learn where the store has it: everything else of the batch is found from there. */
async function openPlace(store: BatchStore, startId: string): Promise<BatchPlace> {
  const { namespace } = activityInfo();
  const workflowId = batchId();
  const directory = `${batchDirectory(namespace, workflowId)}/${startId}`;
  const name = `${directory}/batch.jsonl`;
  const uri = await store.write(name, [{ namespace, workflowId, startId }]);
  if (!uri.endsWith(`/${name}`)) {
    throw finalFailure(
      'ResultStoreFailed',
      `a batch needs a store whose URIs end with the object's name, got '${uri}'`,
      {},
    );
  }
  return { directory, uri: uri.slice(0, -'/batch.jsonl'.length) };
}

interface PageWriting {
  readonly pages: PageWriter;
  readonly manifest: ManifestOptions;
  /** Ids of documents that are not parsed again. */
  readonly done: ReadonlySet<string>;
}

/**
 * Writes all pages, or none where no batch follows, since nothing would delete them. After a failure that is retried they
 * stay: another attempt may have written the same pages already, and its batch may be reading them.
 */
async function writePages(input: PrepareBatchInput, writing: PageWriting) {
  try {
    return await readDocuments(input, writing);
  } catch (error) {
    const isFinal = error instanceof ApplicationFailure && error.nonRetryable;
    if (isFinal || cancellationDetails()?.cancelRequested) await writing.pages.removeAll();
    throw error;
  }
}

async function readDocuments({ batch }: PrepareBatchInput, { pages, manifest, done }: PageWriting) {
  const present = new Set<string>();
  const skipped: DocumentOutcome[] = [];
  for await (const entry of entriesOf(batch, manifest)) {
    if ('problem' in entry) {
      skipped.push({ status: 'skipped', line: entry.place, message: entry.problem });
      continue;
    }
    present.add(entry.document.id);
    if (!done.has(entry.document.id)) await pages.add(entry.document);
  }
  await pages.flush();
  const refused = 'documents' in batch || batch.onBadLine === 'fail' || present.size === 0;
  if (refused && (skipped.length > 0 || present.size === 0)) throw badLines(skipped);
  return { present, skipped };
}

function badLines(skipped: readonly DocumentOutcome[]): Error {
  if (skipped.length === 0) return finalFailure('InvalidInput', 'the manifest must hold at least one document', {});
  const listed = skipped
    .slice(0, MAX_LISTED_PROBLEMS)
    .flatMap((outcome) => (outcome.status === 'skipped' ? [`line ${outcome.line}: ${outcome.message}`] : []));
  const rest = skipped.length - listed.length;
  const more = rest > 0 ? `; and ${rest} more` : '';
  return finalFailure('InvalidInput', `the manifest has lines that are no documents: ${listed.join('; ')}${more}`, {});
}
