import type { DocumentOutcome } from '../../contract';
import { pageUris, segmentName, siblingPlace } from './batch-places';
import type { BatchStore } from './batch-store';
import type { BatchPlace } from '../types';

/** A document that an earlier start has done. */
export type DoneOutcome = Extract<DocumentOutcome, { durationMs: number }>;

/** The note that a start leaves for the next one. */
export interface LatestStart {
  readonly startId: string;
  /** Pages that the start has written. Notes of earlier versions lack it. */
  readonly pages?: number;
  /** The start that this one has taken over from. */
  readonly continues?: string;
}

const latestName = ({ directory }: BatchPlace): string =>
  `${directory.slice(0, directory.lastIndexOf('/'))}/latest.jsonl`;
const latestUri = ({ uri }: BatchPlace): string => `${uri.slice(0, uri.lastIndexOf('/'))}/latest.jsonl`;

/** Finds the last start of the batch before this one, if there was one. */
export async function findEarlierStart(
  store: BatchStore,
  place: BatchPlace,
  startId: string,
): Promise<LatestStart | undefined> {
  const [latest] = ((await store.readIfThere(latestUri(place))) ?? []) as LatestStart[];
  if (latest?.startId !== startId) return latest;
  // A repeated attempt finds its own note. The attempt that left it has deleted the earlier pages.
  return latest.continues === undefined ? undefined : { startId: latest.continues };
}

/** Deletes the pages of an earlier start: it has ended, and may have been terminated before it could do so itself. */
export async function removeEarlierPages(store: BatchStore, place: BatchPlace, earlier: LatestStart): Promise<void> {
  await store.remove(pageUris(siblingPlace(place, earlier.startId), earlier.pages ?? 0));
}

/** Notes that this start has taken over: from now on its outcomes are the batch's. */
export async function noteStart(store: BatchStore, place: BatchPlace, note: LatestStart): Promise<void> {
  await store.write(latestName(place), [note]);
}

/**
 * The outcomes of an earlier start, segment by segment: of documents that count as done. Nothing changes them any more but
 * a write that was under way when its workflow was terminated; what that one holds may be missing here, and Temporal still
 * has the documents' workflows.
 */
export async function* doneSegments(
  store: BatchStore,
  place: BatchPlace,
  { startId, retryFailed = false }: { readonly startId: string; readonly retryFailed?: boolean | undefined },
): AsyncGenerator<DoneOutcome[], void> {
  const earlier = siblingPlace(place, startId);
  for (let segment = 1; ; segment += 1) {
    const outcomes = (await store.readIfThere(`${earlier.uri}/${segmentName(segment)}`)) as
      DocumentOutcome[] | undefined;
    if (outcomes === undefined) return;
    yield outcomes.filter((outcome): outcome is DoneOutcome => isDone(outcome, retryFailed));
  }
}

/** A document whose submit had an unknown outcome may be at Extend, and billed: it is never sent again. */
function isDone(outcome: DocumentOutcome, retryFailed: boolean): boolean {
  if (outcome.status === 'processed') return true;
  return outcome.status === 'failed' && (!retryFailed || outcome.failure.type === 'SubmitOutcomeUnknown');
}
