import { CancellationScope, isCancellation, ApplicationFailure, log } from '@temporalio/workflow';
import type { DeleteRunInput } from '../activities/types';
import type { ParseSettings } from '../contract';
import { defined } from '../json';
import { unwrapActivityFailure } from './failures';
import type { ParseContext } from './open-parse';
import type { ParseState } from './parse-state';

/** The ending of a document, as far as the deletion depends on it. */
export type Ending = 'succeeded' | 'failed' | 'cancelled' | 'overdue' | 'neverAccepted' | 'undelivered';

type CleanUpContext = Pick<ParseContext, 'settings' | 'calls' | 'journal'>;

/** Returns the ending that follows from the error that ended the document. */
export function endingOf(error: unknown, { run, submits }: Pick<ParseState, 'run' | 'submits'>): Ending {
  // A submit without an answer may have created a run whose id is unknown.
  if (run === undefined) return submits === 0 ? 'neverAccepted' : 'undelivered';
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
  const wanted = setting === 'always' ? ending !== 'undelivered' : setting === 'afterSuccess' && ending === 'succeeded';
  const isEmpty = deletable.runId === undefined && deletable.fileId === undefined;
  return wanted && !isEmpty ? deletable : undefined;
}

/** Deletes the run and the uploaded file if the settings require it. Best effort, bounded in time; it never fails. */
export async function cleanUp({ settings, calls, journal }: CleanUpContext, ending: Ending): Promise<void> {
  const { run, uploadedFileId } = journal.state;
  const input = whatToDelete(settings.deleteRun, ending, defined({ runId: run?.runId, fileId: uploadedFileId }));
  if (input === undefined) return;
  journal.enter({ phase: 'cleaning', run });
  try {
    await CancellationScope.nonCancellable(() => calls.deletion().deleteRun(input));
  } catch (error) {
    log.warn(`not deleted at Extend: ${unwrapActivityFailure(error).message}`, journal.logAttributes);
  }
}
