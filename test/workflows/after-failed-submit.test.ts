import { describe, expect, it } from '@jest/globals';
import { afterFailedSubmit, type FailedSubmit, type SubmitSituation } from '../../workflows/after-failed-submit';

const FIRST: SubmitSituation = { submits: 0, rejections: 0, onAmbiguousSubmit: 'resubmit', maxSubmits: 5, random: 0 };
const AMBIGUOUS: FailedSubmit = { kind: 'ambiguous' };
const rejected = (retryAfterMs?: number): FailedSubmit => ({
  kind: 'rejected',
  ...(retryAfterMs !== undefined && { retryAfterMs }),
});

describe('After a failed submit', () => {
  it.each([
    [1, 5_000],
    [2, 10_000],
    [3, 20_000],
    [6, 160_000],
    [7, 300_000],
    [1_000_000, 300_000],
  ])('rejection number %i causes a wait of %i ms: each wait is longer', (rejections, delayMs) => {
    const decision = afterFailedSubmit(rejected(), { ...FIRST, rejections });
    expect(decision).toEqual({ action: 'again', delayMs });
  });

  it.each([
    [0, 1_000],
    [1_500, 1_500],
    [299_999, 299_999],
    [86_400_000, 300_000],
  ])('the wait is as long as the server requests, within bounds: %i ms becomes %i ms', (retryAfterMs, delayMs) => {
    const decision = afterFailedSubmit(rejected(retryAfterMs), { ...FIRST, rejections: 9 });
    expect(decision).toEqual({ action: 'again', delayMs });
  });

  it.each([
    [1, 5_000],
    [2, 15_000],
    [3, 45_000],
    [4, 135_000],
    [5, 300_000],
    [99, 300_000],
  ])('ambiguous submit number %i is repeated after %i ms: each wait is longer', (submits, delayMs) => {
    const decision = afterFailedSubmit(AMBIGUOUS, { ...FIRST, submits, maxSubmits: 100 });
    expect(decision).toEqual({ action: 'again', delayMs });
  });

  it.each([
    [1, 1, 'fail'],
    [1, 2, 'again'],
    [4, 5, 'again'],
    [5, 5, 'fail'],
    [6, 5, 'fail'],
  ])(
    'after %i submits that may have created a run, with a limit of %i, the decision is: %s',
    (submits, maxSubmits, action) => {
      expect(afterFailedSubmit(AMBIGUOUS, { ...FIRST, submits, maxSubmits }).action).toBe(action);
    },
  );

  it("an ambiguous submit is never repeated with 'fail'", () => {
    const situation: SubmitSituation = { ...FIRST, submits: 1, maxSubmits: 100, onAmbiguousSubmit: 'fail' };
    expect(afterFailedSubmit(AMBIGUOUS, situation)).toEqual({ action: 'fail', type: 'SubmitOutcomeUnknown' });
  });

  it("a rejected submit is repeated with 'fail' too, because it created no run", () => {
    const situation: SubmitSituation = { ...FIRST, rejections: 1, maxSubmits: 1, onAmbiguousSubmit: 'fail' };
    expect(afterFailedSubmit(rejected(), situation)).toEqual({ action: 'again', delayMs: 5_000 });
  });

  it('a final refusal ends the document under its own type', () => {
    const decision = afterFailedSubmit({ kind: 'final', type: 'OutOfCredits' }, FIRST);
    expect(decision).toEqual({ action: 'fail', type: 'OutOfCredits' });
  });

  it('waits are spread upwards by up to a tenth, in whole milliseconds', () => {
    const most = afterFailedSubmit(rejected(7_777), { ...FIRST, rejections: 1, random: 1 });
    expect(most).toEqual({ action: 'again', delayMs: 8_555 });
  });
});
