import type { WorkerOptions } from '@temporalio/worker';

/** Default grace time, longer than the time limit of a submit, in milliseconds. */
const DEFAULT_SHUTDOWN_GRACE_MS = 75_000;
/** Time that activities get to end after Temporal has cancelled them at the end of the grace time, in milliseconds. */
const SHUTDOWN_FORCE_AFTER_MS = 15_000;

/**
 * Gives the shutdown times of a worker. They let a submit in flight get its answer before the worker ends.
 *
 * @throws RangeError if the time is not a whole number of milliseconds.
 */
export function shutdownTimes(
  graceMs: number = DEFAULT_SHUTDOWN_GRACE_MS,
): Required<Pick<WorkerOptions, 'shutdownGraceTime' | 'shutdownForceTime'>> {
  if (!Number.isSafeInteger(graceMs) || graceMs < 0) {
    throw new RangeError(`shutdownGraceTimeMs must be a whole number of milliseconds, got ${graceMs}`);
  }
  return { shutdownGraceTime: graceMs, shutdownForceTime: graceMs + SHUTDOWN_FORCE_AFTER_MS };
}
