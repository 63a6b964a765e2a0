import { mean, quantile } from '../report/statistics';
import type { Cadence } from './cadences';
import { createUniform } from './create-uniform';

/** The cost of a cadence, and its delay. */
export interface Outcome {
  /** Polls per document, including the poll that sees the end. */
  readonly polls: number;
  /** Time from the end of the run to the poll that sees it, in seconds. */
  readonly meanDelaySeconds: number;
  readonly p95DelaySeconds: number;
}

/** Draws the duration of a run, in milliseconds. */
export type Durations = (random: () => number) => number;

/** Medians of the mix, in seconds: an equal number of short, medium and long documents. */
const MIX_MEDIANS_SECONDS = [4, 20, 120];
const MIX_SIGMA = 0.8;
/** The error of a hint: a third of the hints are wrong by more than 40 %. */
export const HINT_SIGMA = 0.35;
const SPREAD = 0.15;

/** Durations within 15 % of a nominal one, so that no cadence profits from hitting one exact number. */
export function about(nominalMs: number): Durations {
  return (random) => nominalMs * (1 + SPREAD * (2 * random() - 1));
}

/** The mix of log-normal durations. */
export const MIX: Durations = (random) => {
  const medianSeconds = MIX_MEDIANS_SECONDS[Math.floor(random() * MIX_MEDIANS_SECONDS.length)] ?? 0;
  return medianSeconds * 1000 * logNormal(MIX_SIGMA, random);
};

/** Draws a log-normal factor with median 1. */
export function logNormal(sigma: number, random: () => number): number {
  // The Box-Muller transform from uniform to normal. It takes 1 − x, because the logarithm of 0 is not finite.
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Math.exp(sigma * normal);
}

/**
 * Plays many runs by a virtual clock, without a network. Each cadence gets the same durations.
 *
 * @param choose Chooses the cadence for a run; `random` is for the error of a hint about the duration.
 */
export function simulate(
  choose: (durationMs: number, random: () => number) => Cadence,
  durations: Durations,
  samples: number,
): Outcome {
  const durationRandom = createUniform(1);
  const hintRandom = createUniform(2);
  const jitterRandom = createUniform(3);
  const runs = Array.from({ length: samples }, () => {
    const durationMs = durations(durationRandom);
    return play(choose(durationMs, hintRandom), durationMs, jitterRandom);
  });
  const delays = runs.map(({ delayMs }) => delayMs / 1000);
  return {
    polls: mean(runs.map(({ polls }) => polls)),
    meanDelaySeconds: mean(delays),
    p95DelaySeconds: quantile(delays, 0.95),
  };
}

function play({ delayMs }: Cadence, durationMs: number, random: () => number) {
  let elapsedMs = 0;
  for (let polls = 0; ;) {
    elapsedMs += delayMs({ elapsedMs, polls, random: random() });
    polls += 1;
    if (elapsedMs >= durationMs) return { polls, delayMs: elapsedMs - durationMs };
  }
}
