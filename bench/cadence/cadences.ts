import { nextDelayMs, resolveSchedule, type PollingOptions, type PollPosition } from '../../contract';

/** A rule for the times of the polls of a run. */
export interface Cadence {
  readonly name: string;
  /** `true` for a cadence of this package. */
  readonly ours: boolean;
  /** Time until the next poll, in milliseconds; with `polls: 0` until the first poll. */
  readonly delayMs: (position: PollPosition) => number;
}

/** A cadence of this package. */
export function ownCadence(name: string, polling: PollingOptions): Cadence {
  const schedule = resolveSchedule(polling);
  return { name, ours: true, delayMs: (position) => nextDelayMs(schedule, position) };
}

/** The package's default. */
export const DEFAULT_CADENCE = ownCadence('default (sqrt)', {});

/** The package's other backoff. */
export const EXPONENTIAL_CADENCE = ownCadence('exponential', { backoff: 'exponential' });

/** The package's default with an expected duration, which differs from run to run. */
export function hintedCadence(expectedDurationMs: number): Cadence {
  return ownCadence('default, hinted', { expectedDurationMs });
}

/**
 * The cadences of other tools, written again from their source or documentation. A cadence without a first delay polls as
 * soon as the run is accepted. That poll is wasted, unless runs end at once.
 */
export const OTHER_CADENCES: readonly Cadence[] = [
  other("Extend's SDK, createAndPoll", createAndPollDelayMs),
  other(
    "Extend's command line",
    atOnceThen(({ polls }) => Math.min(1000 * 1.25 ** (polls - 1), 10_000)),
  ),
  other('LlamaCloud', ({ polls }) => Math.min(1000 * (polls + 1), 5000)),
  other(
    'Azure core-lro',
    atOnceThen(() => 2000),
  ),
  other(
    "Temporal's sample, 60 s",
    atOnceThen(() => 60_000),
  ),
  other('doubling to 30 s', ({ polls }) => Math.min(1000 * 2 ** polls, 30_000)),
];

function other(name: string, delayMs: Cadence['delayMs']): Cadence {
  return { name, ours: false, delayMs };
}

function atOnceThen(delayMs: Cadence['delayMs']): Cadence['delayMs'] {
  return (position) => (position.polls === 0 ? 0 : delayMs(position));
}

/** 1 s for the first 30 s, then growth by 15 % up to 30 s. The jitter of a quarter is applied after that limit. */
function createAndPollDelayMs({ elapsedMs, polls, random }: PollPosition): number {
  if (polls === 0) return 0;
  const slowMs = elapsedMs - 30_000;
  const steps = slowMs < 0 ? 0 : Math.floor(Math.log((slowMs * 0.15) / 1000 + 1) / Math.log(1.15));
  return Math.round(Math.min(1000 * 1.15 ** steps, 30_000) * (1 + 0.25 * (2 * random - 1)));
}
