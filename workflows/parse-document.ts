import {
  CancellationScope,
  continueAsNew,
  ContinueAsNew,
  isCancellation,
  patched,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { EarlierParse, ParseInput, ParseProgress, ParseResult } from '../contract';
import type { CarriedState } from './carried-state';
import { cleanUp, endingOf } from './clean-up';
import { deliverResult } from './deliver-result';
import { runFailed, toFinalFailure } from './failures';
import { noteOtherRuns } from './find-lost-run';
import { waitForKnownRun } from './known-run';
import { progressQuery, runFinishedSignal } from './messages';
import { countDocument, recordPolls } from './metrics';
import { openParse, refusedProgress, type ParseContext, type ParseEnding } from './open-parse';
import type { EndedRun } from './parse-state';
import { publishEnd, publishProgress } from './publish-progress';
import { submitDocument } from './submit';

/** Patch id. Version 0.1.0 counted the deadline from the start, also with a `startDelay`. */
const DEADLINE_AFTER_START_DELAY = 'deadline-after-start-delay';

/**
 * Parses one document with Extend: submits it, waits for the run with durable timers and backoff, and returns the
 * result. It ends with its result or with one typed failure that carries the run id.
 *
 * @param carried state that the workflow hands itself when it continues as new; leave it out.
 * @param earlier facts about an earlier start of the same document, which the client and batches give.
 * @throws ApplicationFailure, non-retryable, of one of the final types of `FAILURES`.
 */
export async function parseDocument(
  input: ParseInput,
  carried?: CarriedState,
  earlier?: EarlierParse,
): Promise<ParseResult> {
  const startedAtMs = carried?.startedAtMs ?? firstTaskDueMs();
  const firstRunId = carried?.firstRunId ?? ownFirstRunId();
  let newest: ParseProgress | undefined;
  setHandler(progressQuery, () => newest ?? refusedProgress(input, startedAtMs));
  const context = openParse(input, carried, {
    startedAtMs,
    // A later execution of a cron schedule gets the arguments of the first one, but parses the document anew.
    earlier: isLaterTick() ? undefined : earlier,
    identity: { next: (submits) => ({ firstRunId, submit: submits + 1 }) },
    onProgress: (progress) => publishProgress(input, (newest = progress)),
    onEnd: (progress, ending) => publishEnd(input, progress, ending),
    continueAsNewIfSuggested: async (state) => {
      // The next execution would not know of a cancellation.
      const isCancelled = CancellationScope.current().consideredCancelled;
      if (workflowInfo().continueAsNewSuggested && !isCancelled)
        await continueAsNew<typeof parseDocument>(input, { ...state, firstRunId });
    },
  });
  setHandler(runFinishedSignal, context.wake.request);
  return parseInSteps(context);
}

/**
 * Returns the due time of the first workflow task, epoch milliseconds: the deadline counts from then. The SDK gives the
 * time between the start and that task under this name for every `startDelay`, not only for cron schedules.
 */
function firstTaskDueMs(): number {
  const { startTime, cronScheduleToScheduleInterval: startDelayMs = 0 } = workflowInfo();
  const countsDelay = startDelayMs > 0 && !patched(DEADLINE_AFTER_START_DELAY);
  return startTime.getTime() + (countsDelay ? 0 : startDelayMs);
}

/**
 * Returns the run id that stands for this start in the identity of its submits. It outlives a reset of the workflow. The
 * executions of a cron schedule or of a retry policy share their first run id, but each of them submits anew.
 */
function ownFirstRunId(): string {
  const { runId, firstExecutionRunId, attempt } = workflowInfo();
  return isLaterTick() || attempt > 1 ? runId : firstExecutionRunId;
}

/** Tells if a cron schedule has started this execution after an earlier one. */
function isLaterTick(): boolean {
  const { cronSchedule, runId, firstExecutionRunId } = workflowInfo();
  return Boolean(cronSchedule) && runId !== firstExecutionRunId;
}

/** Takes a document through all its steps, in `parseDocument` and in workflows that embed the parse. */
export async function parseInSteps(context: ParseContext): Promise<ParseResult> {
  const { journal } = context;
  try {
    const ended = await runToEnd(context);
    await noteOtherRuns(context);
    if (ended.status !== 'PROCESSED') throw runFailed(journal, ended);
    const result = await deliverResult(context, ended);
    await cleanUp(context, 'succeeded');
    end(context, { result });
    return result;
  } catch (error) {
    if (error instanceof ContinueAsNew) throw error;
    const isAccepted = journal.state.run !== undefined && !isCancellation(error);
    if (isAccepted) await CancellationScope.nonCancellable(() => noteOtherRuns(context));
    const failure = toFinalFailure(journal, error);
    await cleanUp(context, endingOf(failure, journal.state));
    end(context, { failure });
    throw failure;
  }
}

/** Submits the document, unless its run is known, and waits for the end of the run. */
async function runToEnd(context: ParseContext): Promise<EndedRun> {
  let { run } = context.journal.state;
  for (;;) {
    run ??= await submitDocument(context, context.settings.subject);
    const ended = await waitForKnownRun(context, run);
    if (ended !== undefined) return ended;
    run = undefined;
  }
}

function end({ settings, journal, onEnd }: ParseContext, ending: ParseEnding): void {
  // A user's `onProgress` may issue commands: one more call would break the histories of version 0.1.0.
  if (onEnd) journal.enter({ phase: 'ended', run: journal.state.run });
  countDocument('failure' in ending ? ending.failure : undefined);
  recordPolls(settings.polling.engine, journal.state);
  onEnd?.(journal.progress, ending);
}
