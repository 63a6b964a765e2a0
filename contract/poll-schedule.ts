/** How the time between two status reads grows. */
export type Backoff = 'sqrt' | 'exponential';

/** Which of Temporal's means waits: the workflow's timers, or the retries of one activity. */
export type PollEngine = 'timer' | 'retry';

/** When to ask for a run's status. Plain JSON, part of the workflow's input. */
export interface PollingOptions {
  /**
   * `timer`: one durable timer and one activity per read, each visible in history (11 events per read). `retry`: one
   * activity that Temporal retries until the run has ended; the history stays the same for any number of reads.
   * @default 'timer'
   */
  readonly engine?: PollEngine;
  /**
   * `sqrt`: delay = `scaleMs` · √(seconds since the run was accepted), at least 500 ms: the shape that the theory of
   * optimum checking procedures gives for unknown durations (Barlow, Hunter and Proschan 1963). `exponential`: each
   * delay is `factor` times the one before, starting from `initialDelayMs`, at least 500 ms.
   * @default 'sqrt'
   */
  readonly backoff?: Backoff;
  /** Delay before the first read, in milliseconds. @default 2000, or 0.4 of `expectedDurationMs` where that is given */
  readonly initialDelayMs?: number;
  /** `sqrt` only: delay one second after acceptance, in milliseconds. @default 1000, or 680 with `expectedDurationMs` */
  readonly scaleMs?: number;
  /** `exponential` only: growth per read, at least 1. @default 1.5 */
  readonly factor?: number;
  /** Longest delay between two reads, in milliseconds. @default 30_000 */
  readonly maxDelayMs?: number;
  /** Random part of each delay, 0 to 1: 0.1 is plus or minus a tenth. `0` switches it off. @default 0.1 */
  readonly jitter?: number;
  /** How long the run will probably take, in milliseconds: moves the first read to 0.4 of it. @default none */
  readonly expectedDurationMs?: number;
}

/** {@link PollingOptions} with every default filled in, but the engine. Plain JSON: the `retry` engine carries it. */
export interface PollSchedule {
  readonly backoff: Backoff;
  readonly firstDelayMs: number;
  readonly baseDelayMs: number;
  readonly scaleMs: number;
  readonly factor: number;
  readonly maxDelayMs: number;
  readonly jitter: number;
}

/** Where the schedule stands. */
export interface PollPosition {
  /** Time since the run was accepted, in milliseconds. */
  readonly elapsedMs: number;
  /** Scheduled reads so far. */
  readonly reads: number;
  /** A random number, 0 to 1, for the jitter. */
  readonly random: number;
}

const DEFAULT_INITIAL_DELAY_MS = 2000;
const DEFAULT_SCALE_MS = 1000;
/** A hint makes the runs' ends denser around it: shorter delays cost few reads there. */
const HINTED_SCALE_MS = 680;
const FIRST_READ_AT_SHARE_OF_HINT = 0.4;
const DEFAULT_FACTOR = 1.5;
const DEFAULT_MAX_DELAY_MS = 30_000;
const DEFAULT_JITTER = 0.1;
/** Floor under both kinds, so that a first delay of 0 does not make a tight loop. `maxDelayMs` goes below it if told so. */
const MIN_DELAY_MS = 500;
/** Longest timer that Node and the Temporal SDK take: 2^31 − 1 ms. A longer one would fire at once. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

/** Fills in the defaults. The options must have been checked. */
export function resolveSchedule(options: PollingOptions = {}): PollSchedule {
  const { initialDelayMs, expectedDurationMs: hintMs } = options;
  const hintedDelayMs = hintMs === undefined ? DEFAULT_INITIAL_DELAY_MS : hintMs * FIRST_READ_AT_SHARE_OF_HINT;
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
 * Time until the next read, in whole milliseconds, never over {@link MAX_TIMER_MS}. Pure: the same position gives the
 * same delay. It knows no deadline; whoever waits caps the delay to what is left.
 */
export function nextDelayMs(schedule: PollSchedule, position: PollPosition): number {
  const spread = 1 + schedule.jitter * (2 * position.random - 1);
  if (position.reads === 0) return Math.round(Math.min(schedule.firstDelayMs * spread, MAX_TIMER_MS));
  const growingMs = Math.min(growingDelayMs(schedule, position), MAX_TIMER_MS);
  const delayMs = Math.max(growingMs * spread, MIN_DELAY_MS);
  return Math.round(Math.min(delayMs, schedule.maxDelayMs, MAX_TIMER_MS));
}

function growingDelayMs(schedule: PollSchedule, { elapsedMs, reads }: PollPosition): number {
  switch (schedule.backoff) {
    case 'sqrt':
      return schedule.scaleMs * Math.sqrt(Math.max(elapsedMs, 0) / 1000);
    case 'exponential':
      // From the floor up, since a first delay of 0 would never grow; and 0 times Infinity is no number.
      return Math.max(schedule.baseDelayMs * schedule.factor, MIN_DELAY_MS) * schedule.factor ** (reads - 1);
  }
}
