import { expect, it } from '@jest/globals';
import { earlierParseOf, isDone, type EarlierOutcome } from '../../activities/batch/earlier-outcomes';
import type { DocumentFailureType, FailureDetails } from '../../contract';

const failed = (
  type: DocumentFailureType,
  details: FailureDetails,
): Exclude<EarlierOutcome, { status: 'processed' }> => ({
  status: 'failed',
  id: '1',
  workflowId: 'batch/1',
  failure: { type, message: 'it failed', details },
  polls: 0,
  durationMs: 0,
});

it.each<[string, Exclude<EarlierOutcome, { status: 'processed' }>, object | undefined]>([
  [
    'a run that can still deliver',
    failed('ResultStoreFailed', { runId: 'pr_1', submits: 2 }),
    { submits: 2, run: { runId: 'pr_1', apiVersion: '2026-02-09' }, lastRunId: 'pr_1' },
  ],
  ['a failed run', failed('ParserRunFailed', { runId: 'pr_1', submits: 1 }), { submits: 1, lastRunId: 'pr_1' }],
  ['a run that is gone', failed('ParserRunNotFound', { runId: 'pr_1', submits: 1 }), { submits: 1, lastRunId: 'pr_1' }],
  [
    'a submit without an answer',
    failed('ParseDeadlineExceeded', { submits: 1, runMayExist: true }),
    { submits: 1, runMayExist: true },
  ],
  ['a refused submit', failed('RequestRejected', { submits: 0 }), undefined],
  [
    'a cancelled document with a run',
    { status: 'cancelled', id: '1', workflowId: 'batch/1', runId: 'pr_1' },
    { submits: 1, run: { runId: 'pr_1', apiVersion: '2026-02-09' }, lastRunId: 'pr_1' },
  ],
  [
    'a cancelled document whose submit has no answer',
    { status: 'cancelled', id: '1', workflowId: 'batch/1', submits: 2, runMayExist: true },
    { submits: 2, runMayExist: true },
  ],
  [
    'a run of an unknown version',
    failed('ResultStoreFailed', { runId: 'odd_1', submits: 1 }),
    { submits: 1, run: { runId: 'odd_1', apiVersion: 'worker' }, lastRunId: 'odd_1' },
  ],
  ['a cancelled document without a run', { status: 'cancelled', id: '1', workflowId: 'batch/1' }, undefined],
])('the outcome tells the next start of %s', (_, outcome, earlier) => {
  expect(earlierParseOf(outcome)).toEqual(earlier);
});

it('a failed document is done unless failed documents are parsed again, and an unknown outcome is done always', () => {
  expect([true, false].map((retryFailed) => isDone(failed('ParserRunFailed', {}), retryFailed))).toEqual([false, true]);
  expect(isDone(failed('SubmitOutcomeUnknown', {}), true)).toBe(true);
});
