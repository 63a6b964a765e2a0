import { CancellationScope, condition, isCancellation, log, patched, sleep } from '@temporalio/workflow';
import type { GetStatusInput, StatusAnswer } from '../activities/types';
import { MAX_TIMER_MS, nextDelayMs, type FailureDetails } from '../contract';
import { statusCall, type StatusLimit } from './activity-calls';
import { deadlineExceeded, toActivityEnd } from './failures';
import type { Job } from './job';

/** Patch id. Version 0.1.0 had no timer before the first poll; its histories replay without one. */
const FIRST_DELAY_BY_TIMER = 'first-delay-by-timer';
/** What the one read at the deadline may take, all in all. In milliseconds. */
const LAST_READ_MS = 25_000;

/** Waits until the run has ended, and notes how. No worker slot is held meanwhile. */
export async function waitForRun(job: Job): Promise<void> {
  while (!job.isEnded) {
    await job.renew();
    if (job.remainingMs === 0) await readLast(job);
    else if (job.wake.isPending) await readEarly(job);
    else await readOnSchedule(job, untilNextReadMs(job));
  }
  log.info(`ended at Extend: ${job.state.status}`, { ...job.logAttributes, polls: job.state.polls });
}

/** Polls by the engine of the input. A first poll that is due at once needs no timer with either engine. */
async function readOnSchedule(job: Job, delayMs: number): Promise<void> {
  const byTimer = job.engine === 'timer' && (job.state.polls > 0 || (delayMs > 0 && patched(FIRST_DELAY_BY_TIMER)));
  await (byTimer ? readByTimer(job, delayMs) : readByRetries(job, delayMs));
}

/** One durable timer, one read. The timer ends early when a signal asks for a read. */
async function readByTimer(job: Job, delayMs: number): Promise<void> {
  const waitMs = Math.max(delayMs, 1);
  job.update({ nextPollAtMs: Date.now() + waitMs });
  const woken = await pause(job, waitMs, `until poll ${job.state.polls + 1}`);
  if (!woken && job.remainingMs > 0) await read(job);
}

/**
 * Temporal's retries of one activity are the wait, which costs no history event per poll. An attempt before the first
 * poll is due asks nothing. With the `timer` engine the activity ends with its first poll.
 */
async function readByRetries(job: Job, delayMs: number): Promise<void> {
  const dueAtMs = Date.now() + delayMs;
  job.update({ nextPollAtMs: dueAtMs });
  const until = { ...job.schedule, sinceMs: job.waitingSinceMs };
  // Workers of version 0.1.0 know `delayMs` only.
  const how = { ...(delayMs > 0 && { delayMs, dueAtMs }), ...(job.engine === 'retry' && { until }) };
  await untilWoken(job, () => read(job, how));
}

/** Polls early after a `runFinished` signal, at most once in 5 s. */
async function readEarly(job: Job): Promise<void> {
  const restMs = Math.min(job.wake.restMs(Date.now()), job.remainingMs);
  job.update({ nextPollAtMs: Date.now() + restMs });
  if (restMs > 0) await sleep(restMs, { summary: 'until the next early poll' });
  if (job.remainingMs > 0) await read(job);
}

/** The read at the deadline, and the failure if it does not show the end. */
async function readLast(job: Job): Promise<void> {
  await read(job, {}, { withinMs: LAST_READ_MS, attempts: 1 });
  if (!job.isEnded) throw deadlineExceeded(job);
}

/** Reads the state and notes it. Transient errors end it only with its time, and then the wait goes on. */
async function read(
  job: Job,
  how: Pick<GetStatusInput, 'delayMs' | 'dueAtMs' | 'until'> = {},
  limit: StatusLimit = { withinMs: job.remainingMs },
): Promise<void> {
  job.wake.consume(Date.now());
  const { runId, acceptedAtMs, polls } = job.state;
  const { getStatus } = statusCall(job, `poll ${polls + 1}`, limit);
  const accepted = acceptedAtMs === undefined ? {} : { acceptedAtMs };
  try {
    noteAnswer(job, await getStatus({ runId: runId as string, ...accepted, ...how }));
  } catch (error) {
    if (isCancellation(error)) throw error;
    const { isFinal, timedOut, type, message, details } = toActivityEnd(error);
    job.update({ polls: job.state.polls + readsOf(details, how), nextPollAtMs: job.deadlineAtMs });
    if (isFinal) throw error;
    // All attempts together ran out of time at the deadline: that is no failure, and one last read follows.
    const isOver = timedOut && limit.attempts === undefined;
    if (type !== 'StillProcessing' && !isOver) job.noteFailure(message, details);
    // Temporal gives up as soon as the next attempt would come too late: what is left of the time is waited for.
    if (job.remainingMs > 0) await pause(job, job.remainingMs, 'until the deadline');
  }
}

function noteAnswer(job: Job, { status, failureReason, polls }: StatusAnswer): void {
  job.update({
    status,
    ...(failureReason !== undefined && { failureReason }),
    polls: job.state.polls + polls,
    lastDetails: {},
  });
}

/** Polls of a failed activity, as far as it told. Activities of version 0.1.0 tell their attempts only. */
function readsOf({ polls, attempts = 0 }: FailureDetails, { delayMs }: Pick<GetStatusInput, 'delayMs'>): number {
  return polls ?? Math.max(delayMs === undefined ? attempts : attempts - 1, 0);
}

/** By the schedule, but not beyond the deadline. */
function untilNextReadMs(job: Job): number {
  const { polls } = job.state;
  const elapsedMs = Date.now() - job.waitingSinceMs;
  const delayMs = nextDelayMs(job.schedule, { elapsedMs, polls, random: Math.random() });
  const dueMs = polls === 0 ? delayMs - elapsedMs : delayMs;
  return Math.max(Math.min(dueMs, job.remainingMs), 0);
}

/** Waits so long, or until somebody asks for a read: then it is true. */
async function pause(job: Job, waitMs: number, summary: string): Promise<boolean> {
  return condition(() => job.wake.isPending, Math.min(waitMs, MAX_TIMER_MS), { summary });
}

/** Runs a read, and takes it back when somebody asks for an earlier one. */
async function untilWoken(job: Job, reading: () => Promise<void>): Promise<void> {
  const scope = new CancellationScope();
  const watch = new CancellationScope();
  const read = scope.run(reading);
  const woken = watch.run(() => condition(() => job.wake.isPending));
  // Each is awaited below or taken back: its cancellation is no error that nobody handles.
  read.catch(() => undefined);
  woken.catch(() => undefined);
  try {
    await Promise.race([read, woken]);
    scope.cancel();
    await read;
  } catch (error) {
    const takenBack = isCancellation(error) && !CancellationScope.current().consideredCancelled;
    if (!takenBack) throw error;
  } finally {
    watch.cancel();
  }
}
