import { ActivityFailure, log } from '@temporalio/workflow';
import { isFailureType, type FailureType } from '../contract';
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
  const ended = await waitInAnyVersion(context, run).catch((error: unknown) => {
    if (!isOneOf(error, ['ParserRunNotFound', 'ApiVersionRemoved'])) throw error;
  });
  if (ended?.status === 'PROCESSED') return ended;
  log.info(`the run of an earlier start is ${ended?.status ?? 'gone'}`, context.journal.logAttributes);
  context.journal.giveUpRun();
  return undefined;
}

/** If Extend has removed the version of the run, it may still give the run in another one. */
function waitInAnyVersion(context: ParseContext, run: AcceptedRun): Promise<EndedRun> {
  return waitForRun(context, run).catch((error: unknown) => {
    if (!isOneOf(error, ['ApiVersionRemoved'])) throw error;
    return waitForRun(context, { ...run, apiVersion: 'worker' });
  });
}

function isOneOf(error: unknown, types: readonly FailureType[]): boolean {
  const type = error instanceof ActivityFailure ? unwrapActivityFailure(error).type : undefined;
  return isFailureType(type) && types.includes(type);
}
