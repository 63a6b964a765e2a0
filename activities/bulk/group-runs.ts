import { activityInfo } from '@temporalio/activity';
import type { ListedRun } from '../../contract/extend';
import type { ExtendApi, ExtendClient } from '../../http';
import { defined } from '../../json';
import { recordAdoptedRuns } from '../metrics';
import { firstPossibleMs, isOlder, isPast, readRunList } from '../run-list';
import { BULK_VERSION } from './bulk-version';
import type { NumberedEntry } from './ledger';
import type { OpenGroup } from './open-group';
import { ownerOf, type AcceptedEntry } from './standings';

/** Limit of the pages of one list. A batch has at most 1,000 runs, and a page may be small or have foreign runs. */
const MAX_PAGES = 300;
/** Limit of the pages of a look for lost submits. */
const MAX_LOOK_PAGES = 300;

/** The runs of a group that Extend has listed. */
export class GroupRuns {
  /** `false`: a list goes on after the pages that were read, so a run that is not here may exist. */
  isComplete = true;
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
    for (const status of statuses) {
      const isComplete = await listBatch(group, extend, { entry, status, runs });
      runs.isComplete &&= isComplete;
    }
  }
  return runs;
}

interface BatchList {
  readonly entry: AcceptedEntry;
  readonly status: string | undefined;
  readonly runs: GroupRuns;
}

async function listBatch(group: OpenGroup, extend: ExtendClient, { entry, status, runs }: BatchList): Promise<boolean> {
  const { batchRunId } = entry;
  const query = defined({ batchId: batchRunId, status });
  const onPage = (page: readonly ListedRun[]): boolean => {
    group.details.listRequests += 1;
    for (const run of page) {
      if (run.batchId !== undefined && run.batchId !== batchRunId) continue;
      // The outcomes would hold an id that repeats the key.
      if (extend.redactor.holdsSecret(run.runId)) continue;
      const owner = ownerOf(run, [entry], identityOf(group));
      if (owner) runs.set(entry, owner.id, run);
    }
    return false;
  };
  return readRunList(listOf(extend), { query, maxPages: MAX_PAGES, onPage });
}

function listOf(extend: ExtendClient): NonNullable<ExtendApi['listRuns']> {
  const { listRuns: list } = extend.version(BULK_VERSION);
  if (list === undefined) throw new Error(`version ${BULK_VERSION} of Extend's API has a list of runs`);
  return list;
}

function identityOf({ reference }: OpenGroup): { readonly namespace: string; readonly batchId: string } {
  return { namespace: activityInfo().namespace, batchId: reference.batchId };
}

/**
 * Looks for the batches of submits whose answers were lost, in the list of all runs, newest first. Two proofs are needed:
 * all four members of `metadata.temporal` are those of the submit, and the run is not older than the submit. Each run
 * names its batch. A batch that is found is noted in the ledger.
 *
 * @returns `false` if a run may exist that was not found: the list goes on after the pages that were searched, or a run
 * names no usable batch
 */
export async function adoptLost(
  group: OpenGroup,
  extend: ExtendClient,
  entries: readonly NumberedEntry[],
): Promise<boolean> {
  let lost = entries;
  let isUsable = true;
  if (lost.length === 0) return true;
  const { nowMs } = group;
  const onPage = async (page: readonly ListedRun[]): Promise<boolean> => {
    group.details.listRequests += 1;
    for (const run of page) {
      const { batchId: batchRunId } = run;
      const entry = ownerOf(run, lost, identityOf(group))?.entry;
      if (entry === undefined || isOlder(run, firstPossibleMs(entry.atMs, nowMs))) continue;
      if (batchRunId === undefined || extend.redactor.holdsSecret(batchRunId)) {
        isUsable = false;
        continue;
      }
      await group.ledger.change(entry, { batchRunId, isAdopted: true });
      recordAdoptedRuns(Object.keys(entry.documents).length);
      lost = lost.filter((one) => one !== entry);
    }
    return lost.length === 0 || isPast(page, firstPossibleMs(Math.min(...lost.map(({ atMs }) => atMs)), nowMs));
  };
  const isComplete = await readRunList(listOf(extend), { maxPages: MAX_LOOK_PAGES, onPage });
  return isComplete && isUsable;
}
