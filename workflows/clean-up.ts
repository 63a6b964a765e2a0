import { CancellationScope, isCancellation, ApplicationFailure, log } from '@temporalio/workflow';
import type { CancelRunInput, DeleteRunInput } from '../activities/types';
import { isDeletionWanted, type Ending, type ParseSettings } from '../contract';
import { defined } from '../json';
import { unwrapActivityFailure } from './failures';
import type { Journal } from './journal';
import type { ParseContext } from './open-parse';
import { hasEnded, mayHaveUnknownRun, type AcceptedRun, type RunFacts } from './parse-state';

type CleanUpContext = Pick<ParseContext, 'settings' | 'calls' | 'journal'>;

/** Returns the ending that follows from the error that ended the document. */
export function endingOf(error: unknown, state: RunFacts): Ending {
  const { run } = state;
  if (run === undefined) return mayHaveUnknownRun(state) ? 'undelivered' : 'neverAccepted';
  if (isCancellation(error)) return 'cancelled';
  const type = error instanceof ApplicationFailure ? error.type : undefined;
  if (type === 'ParserRunFailed') return 'failed';
  return type === 'ParseDeadlineExceeded' && run.status !== 'PROCESSED' ? 'overdue' : 'undelivered';
}

/**
 * Returns the run and the file to delete at Extend, by the setting and the ending. It never names a paid result that was
 * not delivered, nor a file that a run of unknown id may need. The only file is one that this workflow uploaded.
 */
export function whatToDelete(
  setting: ParseSettings['deleteRun'],
  ending: Ending,
  deletable: DeleteRunInput,
): DeleteRunInput | undefined {
  const isEmpty = deletable.runId === undefined && deletable.fileId === undefined;
  return isDeletionWanted(setting, ending) && !isEmpty ? deletable : undefined;
}

/**
 * Returns the run that a cancelled workflow cancels at Extend, by the setting. Without a setting, only a run of version
 * 2026-02-09 is cancelled, because the older version cannot cancel. A run that has ended needs no cancellation.
 */
export function whatToCancel(
  setting: ParseSettings['onCancel'],
  ending: Ending,
  run: AcceptedRun | undefined,
): CancelRunInput | undefined {
  if (ending !== 'cancelled' || run === undefined || hasEnded(run)) return undefined;
  const { runId, apiVersion } = run;
  const wanted = setting === 'cancelRun' || (setting === undefined && apiVersion === '2026-02-09');
  return wanted ? defined({ runId, apiVersion }) : undefined;
}

/**
 * Cancels the run at Extend, and deletes the run and the uploaded file, as far as the settings and the ending require
 * it. Best effort, bounded in time; it never fails.
 */
export async function cleanUp(context: CleanUpContext, ending: Ending): Promise<void> {
  const { settings, calls, journal } = context;
  const { run, uploadedFileId } = journal.state;
  const toCancel = whatToCancel(settings.onCancel, ending, run);
  if (run !== undefined && toCancel !== undefined) {
    journal.enter({ phase: 'cleaning', run });
    const answer = await attempt(journal, 'cancelled', () => calls.cancellation().cancelRun(toCancel));
    journal.enter({ phase: 'cleaning', run: { ...run, ...answer } });
  }
  // A file without a run was uploaded in the worker's version.
  const { runId, apiVersion } = run ?? { apiVersion: 'worker' as const };
  const deletable = defined({ runId, apiVersion, fileId: uploadedFileId });
  const toDelete = whatToDelete(settings.deleteRun, ending, deletable);
  if (toDelete === undefined) return;
  journal.enter({ phase: 'cleaning', run: journal.state.run });
  await attempt(journal, 'deleted', () => calls.deletion().deleteRun(toDelete));
}

/** Calls an activity although the workflow may be cancelled. @returns its answer; `undefined` if it failed */
async function attempt<T>(journal: Journal, done: string, call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await CancellationScope.nonCancellable(call);
  } catch (error) {
    log.warn(`not ${done} at Extend: ${unwrapActivityFailure(error).message}`, journal.logAttributes);
    return undefined;
  }
}
