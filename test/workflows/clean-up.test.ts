import { describe, expect, it } from '@jest/globals';
import { ApplicationFailure, CancelledFailure } from '@temporalio/workflow';
import { endingOf, whatToDelete, type Ending } from '../../workflows/clean-up';
import type { JobState } from '../../workflows/job';

const STATE: JobState = { startedAtMs: 0, phase: 'submitting', submits: 0, rejections: 0, polls: 0 };
const ACCEPTED: JobState = { ...STATE, phase: 'waiting', submits: 1, runId: 'parser_run_1', status: 'PROCESSING' };
const PROCESSED: JobState = { ...ACCEPTED, status: 'PROCESSED' };
const UNKNOWN: JobState = { ...STATE, submits: 1 };
const ofType = (type: string) => ApplicationFailure.nonRetryable('it failed', type);

describe('How a job ended', () => {
  it.each<[string, unknown, JobState, Ending]>([
    ['failed run', ofType('ParserRunFailed'), { ...ACCEPTED, status: 'FAILED' }, 'failed'],
    ['cancelled while waiting', new CancelledFailure('stop'), ACCEPTED, 'cancelled'],
    ['cancelled before the submit', new CancelledFailure('stop'), STATE, 'neverAccepted'],
    ['cancelled after a submit without an answer', new CancelledFailure('stop'), UNKNOWN, 'undelivered'],
    ['overdue', ofType('ParseDeadlineExceeded'), ACCEPTED, 'overdue'],
    ['overdue while fetching', ofType('ParseDeadlineExceeded'), PROCESSED, 'undelivered'],
    ['overdue before the submit', ofType('ParseDeadlineExceeded'), STATE, 'neverAccepted'],
    ['overdue after a submit without an answer', ofType('ParseDeadlineExceeded'), UNKNOWN, 'undelivered'],
    ['refused submit', ofType('Unauthorized'), STATE, 'neverAccepted'],
    ['unknown outcome', ofType('SubmitOutcomeUnknown'), UNKNOWN, 'undelivered'],
    ['too large a result', ofType('ResultTooLarge'), PROCESSED, 'undelivered'],
    ['store that fails', ofType('ResultStoreFailed'), PROCESSED, 'undelivered'],
    ['run that is gone', ofType('ParserRunNotFound'), ACCEPTED, 'undelivered'],
    ['no credits while waiting', ofType('OutOfCredits'), ACCEPTED, 'undelivered'],
    ['error of another kind', new Error('odd'), PROCESSED, 'undelivered'],
  ])('%s', (_, error, state, ending) => {
    expect(endingOf(error, state)).toBe(ending);
  });
});

describe('What is deleted', () => {
  const RUN = { runId: 'parser_run_1' };
  const FILE = { uploadedFileId: 'file_1' };
  const BOTH = { runId: 'parser_run_1', fileId: 'file_1' };

  it.each<['never' | 'afterSuccess' | 'always', Ending, boolean]>([
    ['never', 'succeeded', false],
    ['never', 'failed', false],
    ['never', 'cancelled', false],
    ['never', 'overdue', false],
    ['never', 'neverAccepted', false],
    ['never', 'undelivered', false],
    ['afterSuccess', 'succeeded', true],
    ['afterSuccess', 'failed', false],
    ['afterSuccess', 'cancelled', false],
    ['afterSuccess', 'overdue', false],
    ['afterSuccess', 'neverAccepted', false],
    ['afterSuccess', 'undelivered', false],
    ['always', 'succeeded', true],
    ['always', 'failed', true],
    ['always', 'cancelled', true],
    ['always', 'overdue', true],
    ['always', 'neverAccepted', true],
    ['always', 'undelivered', false],
  ])('with %s, %s: %s', (setting, ending, deleted) => {
    expect(whatToDelete(setting, ending, { ...RUN, ...FILE })).toEqual(deleted ? BOTH : undefined);
  });

  it('is what there is: the run, the uploaded file, or nothing', () => {
    expect(whatToDelete('always', 'succeeded', RUN)).toEqual({ runId: 'parser_run_1' });
    expect(whatToDelete('always', 'neverAccepted', FILE)).toEqual({ fileId: 'file_1' });
    expect(whatToDelete('always', 'neverAccepted', {})).toBeUndefined();
  });
});
