import type { Claim } from '../report/benchmark';
import {
  DEFAULT_CADENCE,
  EXPONENTIAL_CADENCE,
  hintedCadence,
  OTHER_CADENCES,
  ownCadence,
  type Cadence,
} from './cadences';
import { HINT_SIGMA, logNormal, MIX, simulate, type Outcome } from './simulate';

/** The outcome of a cadence, with its name. */
export interface Named extends Outcome {
  readonly name: string;
  readonly ours: boolean;
}

const MAX_HINTED_POLLS = 8.5;
const MAX_HINTED_DELAY_SECONDS = 2.2;

/** Plays every cadence on the mix, this package's first. */
export function playMix(samples: number): readonly Named[] {
  const play = (cadence: Cadence) => ({ ...cadence, ...simulate(() => cadence, MIX, samples) });
  const hint = (durationMs: number, random: () => number) => durationMs * logNormal(HINT_SIGMA, random);
  const { name } = hintedCadence(0);
  return [
    play(DEFAULT_CADENCE),
    { name, ours: true, ...simulate((ms, random) => hintedCadence(hint(ms, random)), MIX, samples) },
    play(EXPONENTIAL_CADENCE),
    ...OTHER_CADENCES.map(play),
  ];
}

/** Plays the default with other scales: fewer polls or less delay. */
export function playScales(samples: number): readonly (Named & { readonly scaleMs: number })[] {
  return [250, 500, 750, 1000, 1500, 2000, 3000].map((scaleMs) => {
    const cadence = ownCadence('default (sqrt)', { scaleMs });
    return { ...cadence, scaleMs, ...simulate(() => cadence, MIX, samples) };
  });
}

/** The claims about this package's cadences, checked against their outcomes. */
export function cadenceClaims(mix: readonly Named[]): readonly Claim[] {
  const [byDefault, hinted] = mix;
  if (byDefault === undefined || hinted === undefined) throw new Error('the mix begins with our two cadences');
  const better = mix
    .filter(({ name }) => name !== hinted.name)
    .filter((one) => one.polls < byDefault.polls && one.meanDelaySeconds < byDefault.meanDelaySeconds);
  return [
    {
      sentence: 'On the mix and without a hint, no other cadence has both fewer polls and less mean delay.',
      holds: better.length === 0,
      measured: better.length === 0 ? words(byDefault) : `${words(byDefault)}; ${better.map(words).join('; ')}`,
    },
    {
      sentence: `With a hint, at most ${MAX_HINTED_POLLS} polls at ${MAX_HINTED_DELAY_SECONDS} s mean delay.`,
      holds: hinted.polls <= MAX_HINTED_POLLS && hinted.meanDelaySeconds <= MAX_HINTED_DELAY_SECONDS,
      measured: words(hinted),
    },
  ];
}

function words({ name, polls, meanDelaySeconds }: Named): string {
  return `${name} ${polls.toFixed(2)} polls at ${meanDelaySeconds.toFixed(2)} s`;
}
