import { describe, expect, it } from '@jest/globals';
import { ApplicationFailure, CancelledFailure } from '@temporalio/workflow';
import type { ParseProgress } from '../../contract';
import { describeEnd } from '../../workflows/describe-progress';

const ENDED: ParseProgress = { phase: 'ended', submits: 1, startedAtMs: 0, deadlineAtMs: 60_000 };
const CANCELLED = new CancelledFailure('stop');

/** The first line of the description. */
function headline(progress: Partial<ParseProgress>, failure?: unknown): string {
  const [line = ''] = describeEnd({ ...ENDED, ...progress }, { failure }).split('\n');
  return line;
}

describe('The end of a document in the UI of Temporal', () => {
  it.each<[Partial<ParseProgress>, string]>([
    [{ runId: 'pr_1', status: 'CANCELLED' }, '**cancelled**: the run is CANCELLED'],
    [{ runId: 'pr_1', status: 'PROCESSED' }, '**cancelled**: the run is PROCESSED'],
    [{ runId: 'pr_1', status: 'FAILED' }, '**cancelled**: the run is FAILED'],
    [{ runId: 'pr_1', status: 'PROCESSING' }, '**cancelled**: the run at Extend goes on'],
    [{ runId: 'pr_1', status: 'QUEUED' }, '**cancelled**: the run at Extend goes on'],
    [{ runId: 'pr_1' }, '**cancelled**: the run at Extend goes on'],
    [{ submits: 0 }, '**cancelled**: no run at Extend is known'],
  ])('says what became of the run of a cancelled document: %j', (progress, line) => {
    expect(headline(progress, CANCELLED)).toBe(line);
  });

  it('says that the document is done, or why it failed', () => {
    expect(headline({ runId: 'pr_1', status: 'PROCESSED' })).toBe('**done**');
    const failure = ApplicationFailure.nonRetryable('Extend ended pr_1 as FAILED: OCR_ERROR', 'ParserRunFailed');
    expect(headline({ runId: 'pr_1', status: 'FAILED' }, failure)).toBe(
      '**failed**, ParserRunFailed: Extend ended pr_1 as FAILED: OCR_ERROR',
    );
  });
});
