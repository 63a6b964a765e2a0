import { setTimeout as sleep } from 'node:timers/promises';
import { cancellationSignal, log } from '@temporalio/activity';
import { isEndedStatus } from '../../contract/extend';
import { defined, errorMessage } from '../../json';
import type { ExtendClient } from '../../http';
import { toApplicationFailure } from '../to-application-failure';
import type { GroupActivities } from '../types';
import { BULK_VERSION } from './bulk-version';
import { adoptLost, listRuns, type GroupRuns } from './group-runs';
import { inLanes } from './lanes';
import type { NumberedEntry } from './ledger';
import { withGroup, type GroupOptions, type OpenGroup } from './open-group';
import { Pace, repeatAfter } from './repeat';

/** Requests in flight at a time. */
const AT_ONCE = 8;
/** Age of a submit, in milliseconds, until which runs that are not listed may be listed late. */
const LATE_LIST_MS = 60_000;
/** Pause before the second list, in milliseconds, and growth of the pauses. */
const FIRST_PAUSE_MS = 2_000;
const PAUSE_GROWTH = 1.5;

/**
 * Builds the activity that cancels the runs of a group at Extend, and records the documents as cancelled, with their run
 * ids. Runs that have ended, or that the settings leave, go on. A run that cannot be cancelled does not keep the others
 * from it; after a rate limit or a failure of Extend it is tried a few times.
 *
 * @returns an activity that fails with one of these types:
 *  - `RateLimited`, `Unavailable`: the list of runs cannot be had; retried.
 *  - `ResultStoreFailed`: final if there is no store or it refuses; else retried.
 */
export function createCancelGroup({ extend, store }: GroupOptions): GroupActivities['cancelGroup'] {
  return async function cancelGroup(work) {
    return withGroup(work, store, async (group) => {
      await group.readContents();
      await cancel(group, extend);
      return group.answer();
    }).catch((error: unknown) => {
      throw toApplicationFailure(error, { purpose: 'cancel' });
    });
  };
}

async function cancel(group: OpenGroup, extend: ExtendClient): Promise<void> {
  const runs = await listInTime(group, extend);
  const pace = new Pace();
  const left = group.standing('accepted', 'lost', 'toSubmit');
  await inLanes(left, AT_ONCE, async ({ document, standing }) => {
    const run = standing.kind === 'accepted' ? runs.get(standing.entry, document.id) : undefined;
    if (run !== undefined && !isEndedStatus(run.status) && group.settings.onCancel !== 'leave') {
      await cancelRun(run.runId, extend, pace);
    }
    const runMayExist = run === undefined && standing.submits > 0 ? (true as const) : undefined;
    const facts = defined({ runId: run?.runId, submits: standing.submits, runMayExist });
    await group.end({ status: 'cancelled', ...group.factsOf(document), ...facts });
  });
}

/** Lists the runs of the group. It lists again while runs of a recent submit are missing, because a list may be late. */
async function listInTime(group: OpenGroup, extend: ExtendClient): Promise<GroupRuns> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs *= PAUSE_GROWTH) {
    await adoptLost(group, extend, group.lost);
    const runs = await listRuns(group, extend);
    const isMissing = group
      .standing('accepted', 'lost')
      .some(({ document: { id }, standing: { entry } }) => isRecent(group, entry) && runs.get(entry, id) === undefined);
    if (!isMissing) return runs;
    await sleep(pauseMs, undefined, { signal: cancellationSignal() });
  }
}

function isRecent({ nowMs }: OpenGroup, { atMs }: NumberedEntry): boolean {
  return nowMs - atMs < LATE_LIST_MS;
}

async function cancelRun(runId: string, extend: ExtendClient, pace: Pace): Promise<void> {
  const signal = cancellationSignal();
  const send = async () => extend.version(BULK_VERSION).cancelRun?.(runId, { signal });
  try {
    await repeatAfter(['RateLimited', 'Unavailable'], { purpose: 'cancel', pace }, send);
  } catch (error) {
    signal.throwIfAborted();
    log.warn(`not cancelled at Extend: ${errorMessage(error)}`, { parserRunId: runId });
  }
}
