/** The defaults are not worse than the cadences of other tools, and those are written as their documentation says. */
import { describe, expect, it } from '@jest/globals';
import { OTHER_CADENCES, ownCadence, type Cadence } from '../../bench/cadence/cadences';
import { createUniform } from '../../bench/cadence/create-uniform';
import { cadenceClaims, playMix } from '../../bench/cadence/claims';
import { about, HINT_SIGMA, logNormal, simulate } from '../../bench/cadence/simulate';
import { quantile } from '../../bench/report/statistics';

const SAMPLES = 20_000;
const MIDDLE = 0.5;

function pollTimesOf(name: string, count: number): number[] {
  const cadence = OTHER_CADENCES.find((one) => one.name.includes(name))!;
  const times: number[] = [];
  for (let polls = 0; polls < count; polls += 1) {
    const elapsedMs = times.at(-1) ?? 0;
    times.push(elapsedMs + cadence.delayMs({ elapsedMs, polls, random: MIDDLE }));
  }
  return times.map((ms) => Math.round(ms / 10) / 100);
}

describe('the claims', () => {
  const mix = playMix(SAMPLES);

  it.each(cadenceClaims(mix))('holds: $sentence', ({ holds, measured }) => {
    expect({ holds, measured }).toEqual({ holds: true, measured });
  });

  it('fail if another cadence has fewer polls and less delay', () => {
    const better = { ...mix[0]!, name: 'another', ours: false, polls: 1, meanDelaySeconds: 0.1 };
    expect(cadenceClaims([...mix, better]).map(({ holds }) => holds)).toEqual([false, true]);
  });

  it('fail if the hint changes nothing', () => {
    const [byDefault, , ...others] = mix;
    const claims = cadenceClaims([byDefault!, { ...byDefault!, name: 'default, hinted' }, ...others]);
    expect(claims.map(({ holds }) => holds)).toEqual([true, false]);
  });
});

describe('the cadences of other tools', () => {
  it.each([
    ['createAndPoll', [0, 1, 2, 3, 4]],
    ['command line', [0, 1, 2.25, 3.81, 5.77]],
    ['LlamaCloud', [1, 3, 6, 10, 15, 20]],
    ['Azure', [0, 2, 4]],
    ['Temporal', [0, 60, 120]],
    ['doubling', [1, 3, 7, 15, 31, 61, 91]],
  ])('%s polls at these seconds', (name, seconds) => {
    expect(pollTimesOf(name, seconds.length)).toEqual(seconds);
  });

  it.each([
    [30, 31],
    [60, 43],
    [120, 50],
    [300, 57],
    [600, 67],
  ])('createAndPoll has sent its documented number of requests after %d s', (seconds, requests) => {
    const sent = pollTimesOf('createAndPoll', 100).filter((at) => at <= seconds).length;
    expect(Math.abs(sent - requests)).toBeLessThanOrEqual(1);
  });
});

describe('the simulation', () => {
  it('counts the polls up to the end, and the time from the end to the last poll', () => {
    const everyTenSeconds: Cadence = { name: 'every 10 s', ours: false, delayMs: () => 10_000 };
    expect(
      simulate(
        () => everyTenSeconds,
        () => 25_000,
        10,
      ),
    ).toEqual({
      polls: 3,
      meanDelaySeconds: 5,
      p95DelaySeconds: 5,
    });
  });

  it('gives the same figures again', () => {
    const play = () => simulate(() => ownCadence('x', {}), about(60_000), 200);
    expect(play()).toEqual(play());
  });

  it('draws durations near the nominal one, and hints with the given spread', () => {
    const random = createUniform(4);
    const durations = Array.from({ length: 2000 }, () => about(1000)(random));
    expect(Math.min(...durations)).toBeGreaterThanOrEqual(850);
    expect(Math.max(...durations)).toBeLessThanOrEqual(1150);
    const hints = Array.from({ length: SAMPLES }, () => logNormal(HINT_SIGMA, random));
    expect(quantile(hints, 0.5)).toBeCloseTo(1, 1);
    expect(quantile(hints, 0.8413)).toBeCloseTo(Math.exp(HINT_SIGMA), 1);
  });
});
