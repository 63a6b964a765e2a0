/** Growth of the time between two polls. */
export type Backoff = 'sqrt' | 'exponential';

/** Feature of Temporal that waits between polls: the workflow's timers, or the retries of one activity. */
export type PollEngine = 'timer' | 'retry';

/** Options of the poll schedule. Plain JSON, part of the workflow's input. */
export interface PollingOptions {
  /**
   * `timer` uses one durable timer and one activity per poll, each visible in the history (11 events per poll). `retry`
   * uses one activity that Temporal retries until the run has ended. Its history has the same size for any number of
   * polls.
   * @default 'timer'
   */
  readonly engine?: PollEngine;
  /**
   * `sqrt`: the delay is `scaleMs` · √(seconds since the run was accepted), at least 500 ms. The theory of optimum
   * checking procedures gives this shape for unknown durations (Barlow, Hunter and Proschan 1963). `exponential`: each
   * delay is `factor` times the previous delay, starting from `initialDelayMs`, at least 500 ms.
   * @default 'sqrt'
   */
  readonly backoff?: Backoff;
  /** Delay before the first poll, in milliseconds. @default 2000, or 0.4 of `expectedDurationMs` if that is given */
  readonly initialDelayMs?: number;
  /**
   * Delay that applies one second after the run was accepted, in milliseconds. For `sqrt` only.
   * @default 1000, or 680 with `expectedDurationMs`
   */
  readonly scaleMs?: number;
  /** Growth of the delay per poll, at least 1. For `exponential` only. @default 1.5 */
  readonly factor?: number;
  /** Longest delay between two polls, in milliseconds. @default 30_000 */
  readonly maxDelayMs?: number;
  /**
   * Random part of each delay, 0 to 1. For example, 0.1 adds or removes up to a tenth. `0` switches it off.
   * @default 0.1
   */
  readonly jitter?: number;
  /** Probable duration of the run, in milliseconds. It moves the first poll to 0.4 of this time. @default none */
  readonly expectedDurationMs?: number;
  /**
   * `true`: a webhook is expected to report the end of the run, and polls are the safety net only. The first poll is then
   * due after 60 s, `scaleMs` is 4,000 and `maxDelayMs` 300,000, unless they are set. @default false
   */
  readonly expectWebhook?: boolean;
}

/**
 * {@link PollingOptions} with all defaults, without the engine. Plain JSON, because the `retry` engine passes it to the
 * activity.
 */
export interface PollSchedule {
  readonly backoff: Backoff;
  readonly firstDelayMs: number;
  readonly baseDelayMs: number;
  readonly scaleMs: number;
  readonly factor: number;
  readonly maxDelayMs: number;
  readonly jitter: number;
}

/** Position in a poll schedule. */
export interface PollPosition {
  /** Time since the run was accepted, in milliseconds. */
  readonly elapsedMs: number;
  /** Scheduled polls so far. */
  readonly polls: number;
  /** Random number from 0 to 1 for the jitter. */
  readonly random: number;
}

const DEFAULT_INITIAL_DELAY_MS = 2000;
const DEFAULT_SCALE_MS = 1000;
/**
 * Default of `scaleMs` with `expectedDurationMs`. Runs then end near the expected time, where shorter delays cost few
 * polls.
 */
const HINTED_SCALE_MS = 680;
const FIRST_POLL_AT_SHARE_OF_HINT = 0.4;
const DEFAULT_FACTOR = 1.5;
const DEFAULT_MAX_DELAY_MS = 30_000;
const DEFAULT_JITTER = 0.1;
/**
 * Shortest delay of both backoffs, so that a first delay of 0 does not cause a tight loop. A smaller `maxDelayMs` takes
 * precedence.
 */
const MIN_DELAY_MS = 500;
/** Longest timer that Node and the Temporal SDK support: 2^31 − 1 ms. A longer timer would fire immediately. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

/** Defaults for a run whose end a webhook reports. */
const WITH_WEBHOOK = { initialDelayMs: 60_000, scaleMs: 4_000, maxDelayMs: 300_000 };

/** Fills in the defaults. The caller has checked the options. */
export function resolveSchedule(given: PollingOptions = {}): PollSchedule {
  const options = given.expectWebhook === true ? { ...WITH_WEBHOOK, ...given } : given;
  const { initialDelayMs, expectedDurationMs: hintMs } = options;
  const hintedDelayMs = hintMs === undefined ? DEFAULT_INITIAL_DELAY_MS : hintMs * FIRST_POLL_AT_SHARE_OF_HINT;
  return {
    backoff: options.backoff ?? 'sqrt',
    firstDelayMs: initialDelayMs ?? hintedDelayMs,
    baseDelayMs: initialDelayMs ?? DEFAULT_INITIAL_DELAY_MS,
    scaleMs: options.scaleMs ?? (hintMs === undefined ? DEFAULT_SCALE_MS : HINTED_SCALE_MS),
    factor: options.factor ?? DEFAULT_FACTOR,
    maxDelayMs: options.maxDelayMs ?? DEFAULT_MAX_DELAY_MS,
    jitter: options.jitter ?? DEFAULT_JITTER,
  };
}

/**
 * Gives the time until the next poll in whole milliseconds, at most {@link MAX_TIMER_MS}. The function is pure: the
 * same position gives the same delay. It ignores the deadline, so the caller limits the delay to the remaining time.
 */
export function nextDelayMs(schedule: PollSchedule, position: PollPosition): number {
  const spread = 1 + schedule.jitter * (2 * position.random - 1);
  if (position.polls === 0) return Math.round(Math.min(schedule.firstDelayMs * spread, MAX_TIMER_MS));
  const growingMs = Math.min(growingDelayMs(schedule, position), MAX_TIMER_MS);
  const delayMs = Math.max(growingMs * spread, MIN_DELAY_MS);
  return Math.round(Math.min(delayMs, schedule.maxDelayMs, MAX_TIMER_MS));
}

function growingDelayMs(schedule: PollSchedule, { elapsedMs, polls }: PollPosition): number {
  switch (schedule.backoff) {
    case 'sqrt':
      return schedule.scaleMs * Math.sqrt(Math.max(elapsedMs, 0) / 1000);
    case 'exponential':
      // The growth starts from the shortest delay, because 0 would never grow, and 0 times Infinity is not a number.
      return Math.max(schedule.baseDelayMs * schedule.factor, MIN_DELAY_MS) * schedule.factor ** (polls - 1);
  }
}
