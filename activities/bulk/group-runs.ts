import { activityInfo, cancellationSignal } from '@temporalio/activity';
import type { ListedRun } from '../../contract/extend';
import type { ExtendApi, ExtendClient, RunListQuery } from '../../http';
import { defined } from '../../json';
import { recordAdoptedRuns } from '../metrics';
import { BULK_VERSION } from './bulk-version';
import type { NumberedEntry } from './ledger';
import type { OpenGroup } from './open-group';
import { ownerOf, type AcceptedEntry } from './standings';

/** Runs of a page. Extend may send fewer. */
const PAGE_SIZE = 100;
/** Limit of the pages of one list. A batch has at most 1,000 runs, and a page may be small or have foreign runs. */
const MAX_PAGES = 300;
/** Limit of the pages of a look for lost submits. */
const MAX_LOOK_PAGES = 50;
/** Largest difference between the clocks of Extend and Temporal, in milliseconds. A run that is older belongs to no submit. */
const CLOCK_DIFFERENCE_MS = 300_000;

/** The runs of a group that Extend has listed. */
export class GroupRuns {
  readonly #runs = new Map<string, ListedRun>();

  /** Notes a run of a submit. */
  set(entry: NumberedEntry, id: string, run: ListedRun): void {
    this.#runs.set(keyOf(entry, id), run);
  }

  /** The run of a document in a submit, if it was listed. */
  get(entry: NumberedEntry, id: string): ListedRun | undefined {
    return this.#runs.get(keyOf(entry, id));
  }
}

function keyOf({ number }: NumberedEntry, id: string): string {
  return `${number} ${id}`;
}

/**
 * Lists the runs of the batches of a group. Runs of other programs, which a list may have too, are ignored.
 *
 * @param statuses only runs with these statuses. @default all
 */
export async function listRuns(
  group: OpenGroup,
  extend: ExtendClient,
  statuses: readonly (string | undefined)[] = [undefined],
): Promise<GroupRuns> {
  const runs = new GroupRuns();
  for (const entry of group.accepted) {
    for (const status of statuses) await listBatch(group, extend, { entry, status, runs });
  }
  return runs;
}

interface BatchList {
  readonly entry: AcceptedEntry;
  readonly status: string | undefined;
  readonly runs: GroupRuns;
}

async function listBatch(group: OpenGroup, extend: ExtendClient, { entry, status, runs }: BatchList): Promise<void> {
  const { batchRunId } = entry;
  const query = defined({ batchId: batchRunId, status });
  for await (const page of pagesOf(group, extend.version(BULK_VERSION), query, MAX_PAGES)) {
    for (const run of page) {
      if (run.batchId !== undefined && run.batchId !== batchRunId) continue;
      // The outcomes would hold an id that repeats the key.
      if (extend.redactor.holdsSecret(run.runId)) continue;
      const owner = ownerOf(run, [entry], identityOf(group));
      if (owner) runs.set(entry, owner.id, run);
    }
  }
}

async function* pagesOf(
  { details }: OpenGroup,
  { listRuns: list }: ExtendApi,
  query: RunListQuery,
  maxPages: number,
): AsyncGenerator<readonly ListedRun[], void> {
  if (list === undefined) throw new Error(`version ${BULK_VERSION} of Extend's API has a list of runs`);
  let nextPageToken: string | undefined;
  for (let page = 0; page < maxPages; page += 1) {
    details.listRequests += 1;
    const answer = await list(
      { ...query, pageSize: PAGE_SIZE, ...defined({ nextPageToken }) },
      { signal: cancellationSignal() },
    );
    yield answer.runs;
    if (answer.nextPageToken === undefined) return;
    nextPageToken = answer.nextPageToken;
  }
}

function identityOf({ reference }: OpenGroup): { readonly namespace: string; readonly batchId: string } {
  return { namespace: activityInfo().namespace, batchId: reference.batchId };
}

/**
 * Looks for the batches of submits whose answers were lost, in the list of all runs, newest first. Two proofs are needed:
 * all four members of `metadata.temporal` are those of the submit, and the run is not older than the submit. Each run
 * names its batch. A batch that is found is noted in the ledger.
 */
export async function adoptLost(
  group: OpenGroup,
  extend: ExtendClient,
  entries: readonly NumberedEntry[],
): Promise<void> {
  let lost = entries;
  if (lost.length === 0) return;
  const aheadMs = Date.now() - group.nowMs;
  for await (const page of pagesOf(group, extend.version(BULK_VERSION), {}, MAX_LOOK_PAGES)) {
    for (const run of page) {
      const { batchId: batchRunId } = run;
      const entry = ownerOf(run, lost, identityOf(group))?.entry;
      if (entry === undefined || batchRunId === undefined || isOlder(run, entry, aheadMs)) continue;
      if (extend.redactor.holdsSecret(batchRunId)) continue;
      await group.ledger.change(entry, { batchRunId, isAdopted: true });
      recordAdoptedRuns(Object.keys(entry.documents).length);
      lost = lost.filter((one) => one !== entry);
    }
    const isPast = page.length > 0 && lost.every((entry) => page.every((run) => isOlder(run, entry, aheadMs)));
    if (lost.length === 0 || (isPast && isNewestFirst(page))) return;
  }
}

/** The ledger has times by the server's clock, and Extend's are compared with the worker's. */
function isOlder({ createdAtMs }: ListedRun, { atMs }: NumberedEntry, aheadMs: number): boolean {
  return createdAtMs !== undefined && createdAtMs < atMs + aheadMs - CLOCK_DIFFERENCE_MS;
}

function isNewestFirst(runs: readonly ListedRun[]): boolean {
  const [first, last] = [runs.at(0)?.createdAtMs, runs.at(-1)?.createdAtMs];
  return first !== undefined && last !== undefined && first > last;
}
