import { describe, expect, it } from '@jest/globals';
import { ActivityFailure, ApplicationFailure } from '@temporalio/common';
import { Clock } from '../../workflows/clock';
import { deadlineExceeded, endingFailure, toFinalFailure } from '../../workflows/failures';
import { Journal } from '../../workflows/journal';

const LONG = 'x'.repeat(1_060_000);

function journalWith(lastFailure?: string): Journal {
  const notes = { submits: 1, rejections: 0, polls: 0, ...(lastFailure !== undefined && { lastFailure }) };
  const clock = new Clock(0, 1);
  const onProgress = () => undefined;
  return new Journal({ ...notes, phase: 'waiting', run: { runId: 'r' } }, { clock, engine: 'timer', onProgress });
}

function activityFailure(cause: Error): ActivityFailure {
  return new ActivityFailure('failed', 'getStatus', '1', 'NON_RETRYABLE_FAILURE', 'worker', cause);
}

describe('The failure that ends a workflow', () => {
  it.each<readonly [string, unknown]>([
    ['of the workflow', endingFailure(journalWith(), 'ContractViolation', LONG)],
    ['with the last failure of a step', deadlineExceeded(journalWith(LONG))],
    [
      'of an activity',
      toFinalFailure(journalWith(), activityFailure(ApplicationFailure.nonRetryable(LONG, 'RequestRejected'))),
    ],
  ])('has a message of a limited length: %s', (_title, failure) => {
    if (!(failure instanceof ApplicationFailure)) throw new Error('expected an ApplicationFailure');
    expect(failure.message.length).toBeLessThan(10_000);
    expect(failure.details?.[0]).toMatchObject({ runId: 'r', submits: 1 });
  });
});
