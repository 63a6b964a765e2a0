import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { findInputProblem, MAX_TIMER_MS, nextDelayMs, resolveSchedule, type PollingOptions } from '../../contract';

const MIDDLE = 0.5;
const delayAt = (options: PollingOptions, elapsedMs: number, polls: number, random = MIDDLE) =>
  nextDelayMs(resolveSchedule(options), { elapsedMs, polls, random });

describe('resolveSchedule', () => {
  it('fills in the defaults', () => {
    expect(resolveSchedule()).toEqual({
      backoff: 'sqrt',
      firstDelayMs: 2000,
      baseDelayMs: 2000,
      scaleMs: 1000,
      factor: 1.5,
      maxDelayMs: 30_000,
      jitter: 0.1,
    });
  });

  it('polls first at 0.4 of the expected duration, and more often after that', () => {
    expect(resolveSchedule({ expectedDurationMs: 60_000 })).toMatchObject({
      firstDelayMs: 24_000,
      baseDelayMs: 2000,
      scaleMs: 680,
    });
  });

  it('prefers explicit options to the expected duration', () => {
    const said = { initialDelayMs: 5, scaleMs: 6, expectedDurationMs: 60_000 };
    expect(resolveSchedule(said)).toMatchObject({ firstDelayMs: 5, baseDelayMs: 5, scaleMs: 6 });
  });

  it('keeps each option unchanged, and is plain JSON', () => {
    const options = { backoff: 'exponential', initialDelayMs: 0, factor: 3, maxDelayMs: 7, jitter: 0 } as const;
    const schedule = resolveSchedule(options);
    const { initialDelayMs, ...same } = options;
    expect(schedule).toMatchObject({ ...same, firstDelayMs: initialDelayMs, baseDelayMs: initialDelayMs });
    expect(JSON.parse(JSON.stringify(schedule))).toEqual(schedule);
  });
});

describe('nextDelayMs', () => {
  it('polls first after two seconds, at any elapsed time', () => {
    expect(delayAt({}, 0, 0)).toBe(2000);
    expect(delayAt({}, 3_600_000, 0)).toBe(2000);
    expect(delayAt({ initialDelayMs: 0 }, 0, 0)).toBe(0);
  });

  it.each([
    [2000, 1414],
    [4000, 2000],
    [100_000, 10_000],
    [400_000, 20_000],
    [900_000, 30_000],
    [86_400_000, 30_000],
  ])('grows with the root of the seconds: after %d ms it waits %d ms', (elapsedMs, expected) => {
    expect(delayAt({}, elapsedMs, 1)).toBe(expected);
  });

  it('does not depend on the number of polls with sqrt', () => {
    expect(delayAt({}, 50_000, 2)).toBe(delayAt({}, 50_000, 2000));
  });

  it.each([
    [1, 3000],
    [2, 4500],
    [3, 6750],
    [6, 22_781],
    [7, 30_000],
    [5000, 30_000],
  ])('grows by the factor with exponential: after %d polls it waits %d ms', (polls, expected) => {
    expect(delayAt({ backoff: 'exponential' }, 0, polls)).toBe(expected);
  });

  it.each([
    ['scaleMs', { scaleMs: 2000 }, 4000, 4000],
    ['maxDelayMs', { maxDelayMs: 1500 }, 4000, 1500],
    ['expectedDurationMs', { expectedDurationMs: 10_000 }, 4000, 1360],
    ['factor', { backoff: 'exponential', factor: 2 }, 0, 4000],
    ['initialDelayMs', { backoff: 'exponential', initialDelayMs: 1000 }, 0, 1500],
  ] as const)('obeys %s', (_name, options, elapsedMs, expected) => {
    expect(delayAt(options, elapsedMs, 1)).toBe(expected);
  });

  it('waits at least half a second, unless the cap is lower', () => {
    expect(delayAt({}, 0, 1)).toBe(500);
    expect(delayAt({}, -5000, 1)).toBe(500);
    expect(delayAt({ backoff: 'exponential', initialDelayMs: 1 }, 0, 1)).toBe(500);
    expect(delayAt({ maxDelayMs: 100 }, 4000, 1)).toBe(100);
  });

  it('grows from a first delay of 0, for any number of polls', () => {
    const options = { backoff: 'exponential', initialDelayMs: 0 } as const;
    expect([1, 2, 3].map((polls) => delayAt(options, 0, polls))).toEqual([500, 750, 1125]);
    expect(delayAt({ ...options, factor: 1000 }, 0, 1_000_000)).toBe(30_000);
    expect(delayAt({ ...options, factor: 1000, jitter: 1 }, 0, 1_000_000, 0)).toBe(500);
  });

  it('varies the delay by up to a tenth in both directions', () => {
    expect(delayAt({}, 0, 0, 0)).toBe(1800);
    expect(delayAt({}, 0, 0, 1)).toBe(2200);
    expect(delayAt({}, 4000, 1, 0)).toBe(1800);
    expect(delayAt({}, 4000, 1, 1)).toBe(2200);
    expect(delayAt({ jitter: 0.5 }, 4000, 1, 0)).toBe(1000);
    expect(delayAt({ jitter: 0 }, 4000, 1, 0)).toBe(2000);
  });

  it('never exceeds the longest timer', () => {
    expect(MAX_TIMER_MS).toBe(2_147_483_647);
    expect(delayAt({ expectedDurationMs: 31_536_000_000 }, 0, 0, 1)).toBe(MAX_TIMER_MS);
    expect(delayAt({ maxDelayMs: MAX_TIMER_MS, scaleMs: MAX_TIMER_MS }, 1e9, 5, 1)).toBe(MAX_TIMER_MS);
  });

  const common = {
    initialDelayMs: fc.integer({ min: 0, max: MAX_TIMER_MS }),
    maxDelayMs: fc.integer({ min: 1, max: MAX_TIMER_MS }),
    jitter: fc.double({ min: 0, max: 1, noNaN: true }),
    expectedDurationMs: fc.integer({ min: 1, max: 31_536_000_000 }),
  };
  const scaleMs = fc.double({ min: 1, max: MAX_TIMER_MS, noNaN: true });
  const sqrt = fc.record({ ...common, backoff: fc.constant('sqrt' as const), scaleMs }, { requiredKeys: [] });
  const factor = fc.double({ min: 1, max: 1000, noNaN: true });
  const exponential = fc.record(
    { ...common, backoff: fc.constant('exponential' as const), factor },
    { requiredKeys: ['backoff'] },
  );
  const elapsedMs = fc.integer({ min: -86_400_000, max: 31_536_000_000 });
  const random = fc.double({ min: 0, max: 1, noNaN: true });

  it('gives whole milliseconds within the limits for every accepted schedule', () => {
    const polls = fc.oneof(fc.nat(20), fc.nat());
    fc.assert(
      fc.property(fc.oneof(sqrt, exponential), elapsedMs, polls, random, (polling, elapsed, poll, chance) => {
        expect(findInputProblem({ runId: 'r', polling })).toBeUndefined();
        const delayMs = delayAt(polling, elapsed, poll, chance);
        expect(Number.isInteger(delayMs)).toBe(true);
        expect(delayMs).toBeGreaterThanOrEqual(0);
        expect(delayMs).toBeLessThanOrEqual(MAX_TIMER_MS);
        if (poll > 0) expect(delayMs).toBeLessThanOrEqual(polling.maxDelayMs ?? 30_000);
      }),
      { numRuns: 1000 },
    );
  });

  it('never becomes shorter later, without jitter', () => {
    fc.assert(
      fc.property(fc.oneof(sqrt, exponential), elapsedMs, elapsedMs, fc.nat(5000), (options, one, other, polls) => {
        const still = { ...options, jitter: 0 };
        const [earlier, later] = [Math.min(one, other), Math.max(one, other)];
        expect(delayAt(still, earlier, polls + 1)).toBeLessThanOrEqual(delayAt(still, later, polls + 2));
      }),
    );
  });

  it('is pure', () => {
    fc.assert(
      fc.property(sqrt, elapsedMs, random, (options, elapsed, chance) => {
        expect(delayAt(options, elapsed, 3, chance)).toBe(delayAt(options, elapsed, 3, chance));
      }),
    );
  });
});

describe('expectWebhook', () => {
  it('makes the polls a safety net, unless they are set', () => {
    expect(resolveSchedule({ expectWebhook: true })).toMatchObject({
      firstDelayMs: 60_000,
      scaleMs: 4_000,
      maxDelayMs: 300_000,
    });
    expect(resolveSchedule({ expectWebhook: true, initialDelayMs: 7, scaleMs: 8, maxDelayMs: 9 })).toMatchObject({
      firstDelayMs: 7,
      scaleMs: 8,
      maxDelayMs: 9,
    });
    expect(resolveSchedule({ expectWebhook: false })).toEqual(resolveSchedule());
  });
});
