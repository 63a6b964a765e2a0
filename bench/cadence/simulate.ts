import { createRandom } from '../../test/soak/seeded-random';
import { mean, quantile } from '../report/statistics';
import type { Cadence } from './cadences';

/** What a cadence costs, and how late it notices the end. */
export interface Outcome {
  /** Status reads per document, the one that shows the end among them. */
  readonly polls: number;
  /** From the end of the run to the read that shows it, in seconds. */
  readonly meanDelaySeconds: number;
  readonly p95DelaySeconds: number;
}

/** How long runs take, drawn at random. In milliseconds. */
export type Durations = (random: () => number) => number;

/** Medians of the mix, in seconds: short, middling and long documents, as many of each. */
const MIX_MEDIANS_SECONDS = [4, 20, 120];
const MIX_SIGMA = 0.8;
/** How wrong a hint is: a third of them by more than 40 %. */
export const HINT_SIGMA = 0.35;
const SPREAD = 0.15;

/** Durations about a nominal one, up to 15 % to both sides: a cadence must not profit from hitting one exact number. */
export function about(nominalMs: number): Durations {
  return (random) => nominalMs * (1 + SPREAD * (2 * random() - 1));
}

/** The mix of log-normal durations. */
export const MIX: Durations = (random) => {
  const medianSeconds = MIX_MEDIANS_SECONDS[Math.floor(random() * MIX_MEDIANS_SECONDS.length)] ?? 0;
  return medianSeconds * 1000 * logNormal(MIX_SIGMA, random);
};

/** A factor with median 1. */
export function logNormal(sigma: number, random: () => number): number {
  // Box and Muller's way from uniform to normal; 1 − x, since the logarithm of 0 is none.
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Math.exp(sigma * normal);
}

/**
 * Plays many runs by a virtual clock, without any network. Each cadence meets the same durations.
 *
 * @param choose the cadence for a run; `random` is for what it knows of the duration.
 */
export function simulate(
  choose: (durationMs: number, random: () => number) => Cadence,
  durations: Durations,
  samples: number,
): Outcome {
  const durationRandom = createRandom('durations');
  const hintRandom = createRandom('hints');
  const jitterRandom = createRandom('jitter');
  const runs = Array.from({ length: samples }, () => {
    const durationMs = durations(() => durationRandom.next());
    const cadence = choose(durationMs, () => hintRandom.next());
    return play(cadence, durationMs, () => jitterRandom.next());
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
