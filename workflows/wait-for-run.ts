import { condition, isCancellation, log, patched, sleep } from '@temporalio/workflow';
import type { GetStatusInput, StatusAnswer } from '../activities/types';
import { MAX_TIMER_MS, nextDelayMs, type FailureDetails } from '../contract';
import { defined } from '../json';
import type { StatusLimit } from './activity-calls';
import { deadlineExceeded, unwrapActivityFailure } from './failures';
import type { ParseContext } from './open-parse';
import { hasEnded, type AcceptedRun, type EndedRun } from './parse-state';
import { untilWoken, type Wake } from './wake';

/** Patch id. Version 0.1.0 had no timer before the first poll; its histories replay without one. */
const FIRST_DELAY_BY_TIMER = 'first-delay-by-timer';
/** Patch id. Version 0.1.0 polled early once for each signal. */
const SECOND_EARLY_POLL = 'second-early-poll';
/** Time limit of the single poll at the deadline. In milliseconds. */
const LAST_POLL_MS = 25_000;

type WaitContext = Pick<ParseContext, 'settings' | 'calls' | 'clock' | 'journal' | 'wake' | 'continueAsNewIfSuggested'>;

/** The part of a poll's input that depends on the engine and on the occasion. */
type PollOptions = Pick<GetStatusInput, 'delayMs' | 'dueAtMs' | 'until' | 'expectsEnd'>;

/** Waits until the run has ended, and returns the ended run. The wait holds no worker slot. */
export async function waitForRun(context: WaitContext, accepted: AcceptedRun): Promise<EndedRun> {
  const { clock, journal, wake } = context;
  let run = accepted;
  wake.follow(accepted.runId);
  while (!hasEnded(run)) {
    await context.continueAsNewIfSuggested();
    if (clock.remainingMs === 0) run = await pollLast(context, run);
    else if (wake.isPending) run = await pollEarly(context, run);
    else run = await pollOnSchedule(context, run, untilNextPollMs(context, run));
  }
  log.info(`ended at Extend: ${run.status}`, { ...journal.logAttributes, polls: journal.state.polls });
  return run;
}

/** Polls by the engine of the input. A first poll that is due at once needs no timer with either engine. */
async function pollOnSchedule(context: WaitContext, run: AcceptedRun, delayMs: number): Promise<AcceptedRun> {
  const { settings, journal } = context;
  const isTimed = settings.polling.engine === 'timer';
  const byTimer = isTimed && (journal.state.polls > 0 || (delayMs > 0 && isFirstDelayTimed(run)));
  return await (byTimer ? pollByTimer(context, run, delayMs) : pollByRetries(context, run, delayMs));
}

/** The revision spares a history the marker of the patch. */
function isFirstDelayTimed({ workflowRevision = 0 }: AcceptedRun): boolean {
  return workflowRevision >= 1 || patched(FIRST_DELAY_BY_TIMER);
}

/** Waits for one durable timer, then polls once. The timer ends early when a signal requests a poll. */
async function pollByTimer(context: WaitContext, run: AcceptedRun, delayMs: number): Promise<AcceptedRun> {
  const { clock, journal, wake } = context;
  const waitMs = Math.max(delayMs, 1);
  journal.note({ nextPollAtMs: Date.now() + waitMs });
  const woken = await pause(wake, waitMs, `until poll ${journal.state.polls + 1}`);
  if (woken || clock.remainingMs === 0) return run;
  return await poll(context, run);
}

/**
 * Waits by Temporal's retries of one activity, which costs no history event per poll. An attempt that starts before the
 * first poll is due sends no request. With the `timer` engine the activity ends with its first poll.
 */
async function pollByRetries(context: WaitContext, run: AcceptedRun, delayMs: number): Promise<AcceptedRun> {
  const { settings, journal, wake } = context;
  const { engine, schedule } = settings.polling;
  const dueAtMs = Date.now() + delayMs;
  journal.note({ nextPollAtMs: dueAtMs });
  const until = { ...schedule, sinceMs: waitingSinceMs(context, run) };
  // Workers of version 0.1.0 know `delayMs` only.
  const delay = { ...(delayMs > 0 && { delayMs, dueAtMs }), ...(engine === 'retry' && { until }) };
  const polled = await untilWoken(wake, () => poll(context, run, delay));
  return polled ?? run;
}

/**
 * Polls early after a `runFinished` signal, at most once in 5 s. If the run goes on, one more early poll follows, because
 * an event may come before Extend shows the end.
 */
async function pollEarly(context: WaitContext, run: AcceptedRun): Promise<AcceptedRun> {
  const { clock, journal, wake } = context;
  const restMs = Math.min(wake.restMs(Date.now()), clock.remainingMs);
  journal.note({ nextPollAtMs: Date.now() + restMs });
  if (restMs > 0) await sleep(restMs, { summary: 'until the next early poll' });
  if (clock.remainingMs === 0) return run;
  const { isSecond } = wake;
  const polled = await poll(context, run, { expectsEnd: true });
  if (!hasEnded(polled) && !isSecond && !wake.isPending && patched(SECOND_EARLY_POLL)) wake.requestSecond();
  return polled;
}

/** Polls once at the deadline. @throws the failure of the deadline if the run has not ended. */
async function pollLast(context: WaitContext, run: AcceptedRun): Promise<EndedRun> {
  const polled = await poll(context, run, {}, { withinMs: LAST_POLL_MS, attempts: 1 });
  if (!hasEnded(polled)) throw deadlineExceeded(context.journal);
  return polled;
}

/**
 * Polls, and returns the run as the poll found it, with its result if the run has ended. After transient errors until
 * the time limit, the wait goes on.
 */
async function poll(
  context: WaitContext,
  run: AcceptedRun,
  options: PollOptions = {},
  limit: StatusLimit = { withinMs: context.clock.remainingMs },
): Promise<AcceptedRun> {
  const { settings, calls, clock, journal, wake } = context;
  wake.consume(Date.now());
  const { runId, apiVersion, acceptedAtMs } = run;
  const isOnlyChance = isZeroRetention(settings);
  // With the `retry` engine, each attempt of one activity is a poll.
  const summary = options.until === undefined ? `poll ${journal.state.polls + 1}` : 'polls';
  const { getStatus } = calls.status(summary, { ...limit, isUncut: isOnlyChance });
  // The poll at the deadline has no time to bring a result.
  const deliver = limit.attempts === undefined || isOnlyChance ? settings.result : undefined;
  const expectsEnd = isOnlyChance || undefined;
  let answer: StatusAnswer;
  try {
    answer = await getStatus({ runId, ...defined({ apiVersion, acceptedAtMs, deliver, expectsEnd }), ...options });
  } catch (error) {
    if (isCancellation(error)) throw error;
    const { isFinal, timedOut, type, message, details } = unwrapActivityFailure(error);
    const polls = journal.state.polls + pollsOf(details, options);
    journal.note({ polls, nextPollAtMs: clock.deadlineAtMs });
    if (isFinal) throw error;
    // A timeout of all attempts at the deadline is not a failure, because one last poll follows.
    const isOver = timedOut && limit.attempts === undefined;
    if (type !== 'StillProcessing' && !isOver) journal.noteFailure(message, details);
    // Temporal ends the activity as soon as its next attempt would start too late, so some time may remain.
    if (clock.remainingMs > 0) await pause(wake, clock.remainingMs, 'until the deadline');
    return run;
  }
  return notePoll(context, run, answer);
}

/** Extend may delete a run without retention as soon as one answer had its result. */
function isZeroRetention({ subject }: WaitContext['settings']): boolean {
  return 'dataRetention' in subject && subject.dataRetention === 'zero';
}

/** Records a poll that got an answer. A reason that Extend gave earlier stays if this answer has none. */
function notePoll({ journal }: WaitContext, run: AcceptedRun, answer: StatusAnswer): AcceptedRun {
  const { status, apiVersion, failureReason, failureMessage, delivered } = answer;
  const polled: AcceptedRun = { ...run, status, ...defined({ apiVersion, failureReason, failureMessage }) };
  journal.enter({ phase: 'waiting', run: polled }, { polls: journal.state.polls + answer.polls, lastDetails: {} });
  return { ...polled, ...defined({ delivered }) };
}

/** Returns the polls of a failed activity, as far as its failure tells. Activities of version 0.1.0 tell their attempts only. */
function pollsOf({ polls, attempts = 0 }: FailureDetails, { delayMs }: PollOptions): number {
  return polls ?? Math.max(delayMs === undefined ? attempts : attempts - 1, 0);
}

/** Start of the wait, from which the schedule counts, epoch milliseconds. */
function waitingSinceMs({ clock }: WaitContext, { acceptedAtMs }: AcceptedRun): number {
  return acceptedAtMs ?? clock.startedAtMs;
}

/** Returns the time until the next poll by the schedule, not beyond the deadline. In milliseconds. */
function untilNextPollMs(context: WaitContext, run: AcceptedRun): number {
  const { settings, clock, journal } = context;
  const { polls } = journal.state;
  // The run of an earlier start may have ended long ago.
  if (run.isEarlier && polls === 0) return 0;
  const elapsedMs = Date.now() - waitingSinceMs(context, run);
  const delayMs = nextDelayMs(settings.polling.schedule, { elapsedMs, polls, random: Math.random() });
  const dueMs = polls === 0 ? delayMs - elapsedMs : delayMs;
  return Math.max(Math.min(dueMs, clock.remainingMs), 0);
}

/** Waits for the given time, or until an early poll is requested. Returns true in the second case. */
async function pause(wake: Wake, waitMs: number, summary: string): Promise<boolean> {
  return condition(() => wake.isPending, Math.min(waitMs, MAX_TIMER_MS), { summary });
}
