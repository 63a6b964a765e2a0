import { versionOfRun, type DocumentOutcome, type EarlierParse, type FailureDetails } from '../../contract';
import { defined } from '../../json';
import { documentsUris } from '../bulk/group-objects';
import type { BatchLocation } from '../types';
import type { BatchStore } from './batch-store';
import { noteLocation, pageUris, segmentName, siblingLocation } from './locations';

/** Name of the object with the facts about documents that were not done before an execution. */
const EARLIER_NAME = 'earlier.jsonl';

/** Outcome of a document in an earlier execution of the batch. */
export type EarlierOutcome = Exclude<DocumentOutcome, { status: 'skipped' }>;

/** Outcome of a document that an earlier execution of the batch has processed, or that failed in it. */
export type DoneOutcome = Extract<DocumentOutcome, { durationMs: number }>;

/** The note that an execution of a batch leaves for the next one. Its member names are those of the stored JSON. */
export interface LatestStart {
  /** Id of the execution. */
  readonly startId: string;
  /** Pages that the execution has written. Notes of earlier versions lack it. */
  readonly pages?: number;
  /** Id of the execution before, whose outcomes this one has adopted. */
  readonly continues?: string;
  /** Form of the submits. @default 'each' */
  readonly submission?: 'bulk';
  /** Groups that the execution has written. Only with `bulk`. */
  readonly groups?: number;
  /** Groups of the execution before. Only with `bulk`. */
  readonly earlierGroups?: number;
}

/** Finds the latest execution of the batch before this one, if there was one. */
export async function findEarlierStart(
  store: BatchStore,
  location: BatchLocation,
  startId: string,
): Promise<LatestStart | undefined> {
  const [latest] = ((await store.readIfThere(noteLocation(location).uri)) ?? []) as LatestStart[];
  if (latest?.startId !== startId) return latest;
  // A repeated attempt finds its own note. The attempt that left it has deleted the earlier pages.
  const { continues, submission, earlierGroups } = latest;
  return continues === undefined
    ? undefined
    : { startId: continues, ...defined({ submission, groups: earlierGroups }) };
}

/**
 * Deletes the pages of an earlier execution. It has ended, and may have been terminated before it deleted them itself.
 */
export async function removeEarlierPages(
  store: BatchStore,
  location: BatchLocation,
  earlier: LatestStart,
): Promise<void> {
  const sibling = siblingLocation(location, earlier.startId);
  await store.remove([...pageUris(sibling, earlier.pages ?? 0), ...documentsUris(sibling, earlier.groups ?? 0)]);
}

/** Notes that this execution has adopted the earlier outcomes. From now on its outcomes are those of the batch. */
export async function noteStart(store: BatchStore, location: BatchLocation, note: LatestStart): Promise<void> {
  await store.write(noteLocation(location).name, [note]);
}

/**
 * The outcomes of the documents of an earlier execution, segment by segment. Only a write that was in flight when its
 * workflow was terminated may still change them. Its outcomes may be missing here, but Temporal still has the workflows
 * of their documents.
 */
export async function* earlierSegments(
  store: BatchStore,
  location: BatchLocation,
  startId: string,
): AsyncGenerator<EarlierOutcome[], void> {
  const earlier = siblingLocation(location, startId);
  for (let segment = 1; ; segment += 1) {
    const outcomes = (await store.readIfThere(`${earlier.uri}/${segmentName(segment)}`)) as
      DocumentOutcome[] | undefined;
    if (outcomes === undefined) return;
    yield outcomes.filter((outcome) => outcome.status !== 'skipped');
  }
}

/**
 * Tells if the document counts as done. After `SubmitOutcomeUnknown` a run may exist and be billed, so it is never
 * submitted again. Pure.
 */
export function isDone(outcome: EarlierOutcome, retryFailed: boolean): outcome is DoneOutcome {
  if (outcome.status === 'processed') return true;
  return outcome.status === 'failed' && (!retryFailed || outcome.failure.type === 'SubmitOutcomeUnknown');
}

/**
 * Gives what another start of the document must know about its run. It counts if Temporal does not have the document's
 * workflow any more. Pure.
 */
export function earlierParseOf(outcome: Exclude<EarlierOutcome, { status: 'processed' }>): EarlierParse | undefined {
  const { details, type } = outcome.status === 'failed' ? outcome.failure : { details: outcome, type: outcome.status };
  const { runId, submits, runMayExist } = details as FailureDetails;
  if (runId === undefined) return runMayExist === true ? { submits: submits ?? 1, runMayExist } : undefined;
  const canDeliver = type !== 'ParserRunFailed' && type !== 'ParserRunNotFound';
  const run = canDeliver ? { runId, apiVersion: versionOfRun({ runId }) ?? ('worker' as const) } : undefined;
  return { submits: submits ?? 1, ...defined({ run }), lastRunId: runId };
}

/** A document of an earlier execution. */
export interface KnownDocument {
  readonly isDone: boolean;
  /** Absent if the outcome does not have it. */
  readonly hash?: string;
  /** Facts for another start of the document. */
  readonly earlier?: EarlierParse;
}

/** The documents of an earlier execution, by id. */
export type KnownDocuments = ReadonlyMap<string, KnownDocument>;

/**
 * Reads the documents of an earlier execution. Its outcomes count more than the facts that it had itself from before. Of
 * two outcomes for one document, the first one that is done counts.
 */
export async function readKnownDocuments(
  store: BatchStore,
  location: BatchLocation,
  { startId, retryFailed }: { readonly startId: string; readonly retryFailed: boolean },
): Promise<KnownDocuments> {
  const { uri } = siblingLocation(location, startId);
  const before = ((await store.readIfThere(`${uri}/${EARLIER_NAME}`)) ?? []) as (KnownDocument & { id: string })[];
  const known = new Map(before.map(({ id, ...document }) => [id, document]));
  for await (const outcomes of earlierSegments(store, location, startId)) {
    for (const outcome of outcomes) {
      if (known.get(outcome.id)?.isDone !== true) known.set(outcome.id, toKnownDocument(outcome, retryFailed));
    }
  }
  return known;
}

/** Keeps the facts about documents that are not done: this execution may end before it comes to them. */
export async function keepEarlierFacts(
  store: BatchStore,
  location: BatchLocation,
  known: KnownDocuments,
): Promise<void> {
  const open = [...known].filter(([, { isDone: done, earlier }]) => !done && earlier !== undefined);
  if (open.length === 0) return;
  const lines = open.map(([id, document]) => ({ id, ...document }));
  await store.write(`${location.directory}/${EARLIER_NAME}`, lines);
}

function toKnownDocument(outcome: EarlierOutcome, retryFailed: boolean): KnownDocument {
  const { hash } = outcome;
  if (isDone(outcome, retryFailed)) return { isDone: true, ...defined({ hash }) };
  return { isDone: false, ...defined({ hash, earlier: earlierParseOf(outcome) }) };
}
