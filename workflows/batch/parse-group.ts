import {
  ActivityFailure,
  CancellationScope,
  continueAsNew,
  getExternalWorkflowHandle,
  isCancellation,
  log,
  setCurrentDetails,
  setHandler,
  sleep,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { GroupAnswer, GroupReference, GroupWork } from '../../activities/types';
import { isFailureType, keyword, SEARCH_ATTRIBUTES } from '../../contract';
import { defined } from '../../json';
import { finalFailure, unwrapActivityFailure } from '../failures';
import { groupProgressSignal, runFinishedSignal } from '../messages';
import { countDocuments } from '../metrics';
import { untilWoken, Wake } from '../wake';
import { cancelGroupCall, groupCall } from './calls';
import { describeGroup, openingGroup, withAnswer, type GroupState } from './group-state';

/** Input of `parseGroup`. Plain JSON. */
export interface ParseGroupInput {
  /** The group: its number, its batch, and the location of its objects. */
  readonly group: GroupReference;
  /** Number of documents of the group. */
  readonly documents: number;
}

/** Result of `parseGroup`: each document has its outcome in the log. */
export interface ParseGroupResult {
  /** Names of the parts of the log, in the result store. */
  readonly parts: readonly string[];
}

/**
 * Parses a group of documents of a bulk batch. It submits them together, waits for them together, and has their results
 * stored. Only `parseBatch` starts it. Its state has the same size for any number of documents, because the store has the
 * documents, the ledger of the submits and the log of the outcomes.
 *
 * @param carried state that the workflow hands itself when it continues as new; leave it out.
 */
export async function parseGroup(input: ParseGroupInput, carried?: GroupState): Promise<ParseGroupResult> {
  const wake = new Wake(carried?.wake);
  setHandler(runFinishedSignal, wake.request);
  let state = carried ?? openingGroup(input.documents, workflowInfo().startTime.getTime());
  const note = async (answer: GroupAnswer): Promise<void> => {
    state = withAnswer(state, answer);
    await publish(input, state, answer);
  };
  try {
    while (state.pending > 0) {
      if (workflowInfo().continueAsNewSuggested) {
        await continueAsNew<typeof parseGroup>(input, { ...state, wake: wake.state });
      }
      const answer = state.toSubmit > 0 ? await submit(input, state) : await follow(input, state, wake);
      if (answer !== undefined) await note(answer);
    }
  } catch (error) {
    if (!isCancellation(error)) throw toGroupFailure(error);
    await CancellationScope.nonCancellable(async () => note(await cancelAtExtend(input, state)));
    throw error;
  }
  return { parts: state.parts };
}

/** Gives an activity's final failure its own type. Returns any other error as it is. */
function toGroupFailure(error: unknown): unknown {
  if (!(error instanceof ActivityFailure)) return error;
  const { type, message, details } = unwrapActivityFailure(error);
  return finalFailure(isFailureType(type) ? type : 'ResultStoreFailed', message, details);
}

async function submit({ group }: ParseGroupInput, state: GroupState): Promise<GroupAnswer | undefined> {
  const call = groupCall(`submit ${state.toSubmit} documents`);
  return call.submitGroup(toWork(group, state)).catch(ignoreInterrupted);
}

/**
 * Ignores the failure of an attempt that a cancellation has met: Temporal then does not retry it, and reports its failure
 * instead of the cancellation. Without a cancellation only a final failure is reported, because the retries have no limit.
 */
function ignoreInterrupted(error: unknown): undefined {
  if (isCancellation(error) || !(error instanceof ActivityFailure) || unwrapActivityFailure(error).isFinal) throw error;
}

/**
 * Waits until documents have ended. After a signal it polls at once, at most once in 5 s, and no other signal ends that
 * poll. If no document has ended, a second early poll follows, because an event may come before Extend shows the end.
 *
 * @returns undefined if a signal has ended the wait
 */
async function follow({ group }: ParseGroupInput, state: GroupState, wake: Wake): Promise<GroupAnswer | undefined> {
  const restMs = wake.isPending ? wake.restMs(Date.now()) : 0;
  if (restMs > 0) await sleep(restMs, { summary: 'until the next early poll' });
  const { isPending: isWoken, isSecond } = wake;
  const isUrgent = isWoken || state.goesOn === true;
  wake.consume(Date.now());
  const { polls, listedAtMs } = state;
  const call = groupCall(`follow ${state.pending} documents`);
  const work = { ...toWork(group, state), polls, ...defined({ listedAtMs, isUrgent: isUrgent || undefined }) };
  if (!isUrgent) return untilWoken(wake, () => call.followGroup(work)).catch(ignoreInterrupted);
  const answer = await call.followGroup(work).catch(ignoreInterrupted);
  if (isWoken && !isSecond && !wake.isPending && answer?.parts.length === 0) wake.requestSecond();
  return answer;
}

async function cancelAtExtend({ group }: ParseGroupInput, state: GroupState): Promise<GroupAnswer> {
  try {
    return await cancelGroupCall().cancelGroup(toWork(group, state));
  } catch (error) {
    log.warn(`not cancelled at Extend: ${unwrapActivityFailure(error).message}`);
    return { parts: [], pending: state.pending, toSubmit: state.toSubmit, ended: {}, batchRunIds: [] };
  }
}

function toWork(group: GroupReference, { parts, startedAtMs }: GroupState): GroupWork {
  return { group, parts, startedAtMs };
}

/** Publishes the progress: to the batch, in Temporal's UI, and in the search attributes if the workflow has them. */
async function publish({ group }: ParseGroupInput, state: GroupState, answer: GroupAnswer): Promise<void> {
  countDocuments(answer.ended);
  setCurrentDetails(describeGroup(state));
  nameBatchRun(answer.batchRunIds.at(-1));
  if (answer.parts.length === 0) return;
  const { batchId, startId } = group;
  const progress = { startId, group: group.group, parts: state.parts };
  try {
    await getExternalWorkflowHandle(batchId).signal(groupProgressSignal, progress);
  } catch (error) {
    if (isCancellation(error)) throw error;
    // The batch has ended, and the group goes on: the next execution of the batch continues with its runs.
  }
}

/** The webhook of a batch finds the workflow by the id of the batch at Extend. */
function nameBatchRun(batchRunId: string | undefined): void {
  const { runId } = SEARCH_ATTRIBUTES;
  const before = workflowInfo().typedSearchAttributes.get(runId);
  if (batchRunId === undefined || before === undefined || before === keyword(batchRunId)) return;
  upsertSearchAttributes([{ key: runId, value: keyword(batchRunId) }]);
}
