import { activityInfo, cancellationDetails } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { listProblems, type DocumentFailureType, type DocumentOutcome } from '../../contract';
import { defined } from '../../json';
import type { ExtendClient } from '../../http';
import { checkSubmission, openBulk } from '../bulk/prepare-bulk';
import { withHeartbeat } from '../heartbeat';
import { finalFailure } from '../to-application-failure';
import type { BatchLocation, PageDocument, ParseActivities, PrepareBatchInput, PreparedBatch } from '../types';
import { createBatchStore, type BatchStore, type BatchStoreOptions } from './batch-store';
import {
  earlierSegments,
  findEarlierStart,
  isDone,
  keepEarlierFacts,
  noteStart,
  readKnownDocuments,
  removeEarlierPages,
  type DoneOutcome,
  type KnownDocuments,
} from './earlier-outcomes';
import { entriesOf, type ManifestOptions } from './entries-of';
import { batchDirectory, batchId, segmentName } from './locations';
import { PageWriter } from './page-writer';

const MAX_SEGMENT_LINES = 1_000;

/** Settings of {@link createPrepareBatch}. */
export interface PrepareBatchOptions extends BatchStoreOptions, ManifestOptions {
  /** Extend's API. */
  readonly extend: ExtendClient;
  /** `true`: the metadata of each run on version 2026-02-09 contain the identity of its submit. */
  readonly runMetadata: boolean;
}

/**
 * Builds the activity that prepares a batch. It reads the list or manifest once, to its end, and writes the documents
 * to be parsed as pages into the result store. It adopts the outcomes of the documents that an earlier execution of the
 * same batch has done. The manifest may change or vanish afterwards. Of the documents only the ids are in memory, and
 * the documents of groups that are not full. A repeat writes the same objects again.
 *
 * @returns An activity that fails with one of these types:
 *  - `InvalidInput`: no document, too many documents, or a bad line and `onBadLine: 'fail'`; or the worker cannot make
 *    bulk submits, or the batch was started before with another form of submits; final.
 *  - `SourceUnavailable`: the manifest does not exist; final. `Unavailable`: it cannot be read now; retried.
 *  - `ResultStoreFailed`: final if there is no store or it refuses; else retried.
 */
export function createPrepareBatch(options: PrepareBatchOptions): ParseActivities['prepareBatch'] {
  const { store, sources, extend } = options;
  return async function prepareBatch(input) {
    checkSubmission(input.batch, options);
    return withHeartbeat(prepare(input, createBatchStore(store), { sources, extend }));
  };
}

async function prepare(input: PrepareBatchInput, store: BatchStore, manifest: ManifestOptions): Promise<PreparedBatch> {
  const { batch, startId } = input;
  const location = await openLocation(store, startId);
  const earlierStart = await findEarlierStart(store, location, startId);
  const { retryFailed = false } = batch;
  const earlier = earlierStart && { startId: earlierStart.startId, retryFailed };
  const known: KnownDocuments = earlier ? await readKnownDocuments(store, location, earlier) : new Map();
  const pages = new PageWriter(store, location);
  const bulk = await openBulk(batch, { store, location, pages, earlierStart });
  const { present, adopted, skipped } = await writePages(input, { pages: bulk?.writer ?? pages, manifest, known });
  const tally = new Tally();
  let segments = 0;
  const keep = async (outcomes: readonly DocumentOutcome[]) => {
    segments += 1;
    await store.write(`${location.directory}/${segmentName(segments)}`, outcomes);
  };
  await keepEarlierFacts(store, location, known);
  for await (const outcomes of earlier ? earlierSegments(store, location, earlier.startId) : []) {
    const done = outcomes.filter((outcome) => isDone(outcome, retryFailed));
    await keep(done.filter((outcome) => adopted.has(outcome.id) && tally.add(outcome)));
  }
  for (let at = 0; at < skipped.length; at += MAX_SEGMENT_LINES) await keep(skipped.slice(at, at + MAX_SEGMENT_LINES));
  if (earlierStart) await removeEarlierPages(store, location, earlierStart);
  const continues = defined({ continues: earlierStart?.startId });
  await noteStart(store, location, { startId, pages: pages.count, ...continues, ...bulk?.note() });
  return {
    batchId: batchId(),
    place: location,
    total: present.size,
    pages: pages.count,
    segments,
    skippedLines: skipped.length,
    ...tally.counts,
    ...defined({ groups: bulk?.writer.sizes }),
  };
}

/** Counts the outcomes that are adopted. Of two outcomes for one document, the first counts. */
class Tally {
  readonly #ids = new Set<string>();
  readonly #failures: Partial<Record<DocumentFailureType, number>> = {};
  #failed = 0;

  /** Counts an outcome. @returns `false` if the document has one already, and the outcome does not count */
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

/** A writer of the documents to be parsed: a {@link PageWriter}, or that of a bulk batch. */
interface DocumentWriter {
  add(document: PageDocument): Promise<void>;
  flush(): Promise<void>;
  removeAll(): Promise<void>;
}

/** Writes a first object, because its URI tells the location of the batch in the store. */
async function openLocation(store: BatchStore, startId: string): Promise<BatchLocation> {
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

/** Objects and ids that {@link addToPages} needs. */
interface PageWriting {
  readonly pages: DocumentWriter;
  readonly manifest: ManifestOptions;
  /** Documents of an earlier execution, by id. */
  readonly known: KnownDocuments;
}

/**
 * Writes all pages. After a final failure it deletes them, since no batch follows that would do it. After a failure
 * that is retried the pages stay: another attempt may have written the same pages already, and its batch may be reading
 * them.
 */
async function writePages(input: PrepareBatchInput, writing: PageWriting) {
  try {
    return await addToPages(input, writing);
  } catch (error) {
    const isFinal = error instanceof ApplicationFailure && error.nonRetryable;
    if (isFinal || cancellationDetails()?.cancelRequested) await writing.pages.removeAll();
    throw error;
  }
}

async function addToPages({ batch }: PrepareBatchInput, { pages, manifest, known }: PageWriting) {
  const present = new Set<string>();
  const adopted = new Set<string>();
  const skipped: DocumentOutcome[] = [];
  for await (const entry of entriesOf(batch, manifest)) {
    if ('problem' in entry) {
      skipped.push({ status: 'skipped', line: entry.position, message: entry.problem });
      continue;
    }
    const { id, hash } = entry.document;
    present.add(id);
    const before = known.get(id);
    // With moved line numbers the id belongs to another document.
    if (before?.isDone && (before.hash ?? hash) === hash) adopted.add(id);
    else
      await pages.add({
        ...entry.document,
        ...defined({ earlier: before?.hash === hash ? before?.earlier : undefined }),
      });
  }
  await pages.flush();
  const refused = 'documents' in batch || batch.onBadLine === 'fail' || present.size === 0;
  if (refused && (skipped.length > 0 || present.size === 0)) throw badLines(skipped);
  return { present, adopted, skipped };
}

function badLines(skipped: readonly DocumentOutcome[]): Error {
  if (skipped.length === 0) return finalFailure('InvalidInput', 'the manifest must hold at least one document', {});
  const problems = skipped.flatMap((outcome) =>
    outcome.status === 'skipped' ? [`line ${outcome.line}: ${outcome.message}`] : [],
  );
  const message = `the manifest has lines that are not documents: ${listProblems(problems)}`;
  return finalFailure('InvalidInput', message, {});
}
