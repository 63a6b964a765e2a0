import type { WorkerOptions } from '@temporalio/worker';

/** Longer than a submit may take, in milliseconds. */
const DEFAULT_SHUTDOWN_GRACE_MS = 75_000;
/** After the grace time, activities are told to stop; this is what they get for that. In milliseconds. */
const SHUTDOWN_FORCE_AFTER_MS = 15_000;

/**
 * How a worker that is told to stop ends, so that a submit under way gets its answer.
 *
 * @throws RangeError if the time is no whole number of milliseconds.
 */
export function shutdownTimes(
  graceMs: number = DEFAULT_SHUTDOWN_GRACE_MS,
): Required<Pick<WorkerOptions, 'shutdownGraceTime' | 'shutdownForceTime'>> {
  if (!Number.isSafeInteger(graceMs) || graceMs < 0) {
    throw new RangeError(`shutdownGraceTimeMs must be a whole number of milliseconds, got ${graceMs}`);
  }
  return { shutdownGraceTime: graceMs, shutdownForceTime: graceMs + SHUTDOWN_FORCE_AFTER_MS };
}
