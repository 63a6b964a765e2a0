import { nextDelayMs, resolveSchedule, type PollingOptions, type PollPosition } from '../../contract';

/** When somebody reads the state of a run. */
export interface Cadence {
  readonly name: string;
  /** Whether it is one of this package's. */
  readonly ours: boolean;
  /** Time until the next read, in milliseconds; with `polls: 0` until the first. */
  readonly delayMs: (position: PollPosition) => number;
}

/** A cadence of this package. */
export function ownCadence(name: string, polling: PollingOptions): Cadence {
  const schedule = resolveSchedule(polling);
  return { name, ours: true, delayMs: (position) => nextDelayMs(schedule, position) };
}

/** What the package does if it is told nothing. */
export const DEFAULT_CADENCE = ownCadence('default (sqrt)', {});

/** The other backoff. */
export const EXPONENTIAL_CADENCE = ownCadence('exponential', { backoff: 'exponential' });

/** With an expected duration; another one for each run. */
export function hintedCadence(expectedDurationMs: number): Cadence {
  return ownCadence('default, hinted', { expectedDurationMs });
}

/**
 * What others do, restated from their source or documentation. A cadence that reads as soon as the run is accepted has
 * no first delay; that read is wasted, unless runs end at once.
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

/** 1 s for 30 s, then growing by 15 % to 30 s, with a jitter of a quarter that is applied after the cap. */
function createAndPollDelayMs({ elapsedMs, polls, random }: PollPosition): number {
  if (polls === 0) return 0;
  const slowMs = elapsedMs - 30_000;
  const steps = slowMs < 0 ? 0 : Math.floor(Math.log((slowMs * 0.15) / 1000 + 1) / Math.log(1.15));
  return Math.round(Math.min(1000 * 1.15 ** steps, 30_000) * (1 + 0.25 * (2 * random - 1)));
}
