import { ActivityFailure, log } from '@temporalio/workflow';
import { unwrapActivityFailure } from './failures';
import type { ParseContext } from './open-parse';
import type { AcceptedRun, EndedRun } from './parse-state';
import { waitForRun } from './wait-for-run';

/**
 * Waits for a run: an accepted or attached one, one that the execution before waited for, or the run of an earlier
 * start.
 *
 * @returns undefined if an earlier start submitted the run, and it cannot deliver: it is gone, or it has ended without a
 * result. The document is then submitted again.
 */
export async function waitForKnownRun(context: ParseContext, run: AcceptedRun): Promise<EndedRun | undefined> {
  if (run.isEarlier !== true) return waitForRun(context, run);
  const ended = await waitForRun(context, run).catch((error: unknown) => {
    if (!isGone(error)) throw error;
  });
  if (ended?.status === 'PROCESSED') return ended;
  log.info(`the run of an earlier start is ${ended?.status ?? 'gone'}`, context.journal.logAttributes);
  context.journal.giveUpRun();
  return undefined;
}

/** A run of a version that Extend has removed can be asked for in no other version. */
function isGone(error: unknown): boolean {
  const type = error instanceof ActivityFailure ? unwrapActivityFailure(error).type : undefined;
  return type === 'ParserRunNotFound' || type === 'ApiVersionRemoved';
}
