import { describe, expect, it } from '@jest/globals';
import { ApplicationFailure, CancelledFailure } from '@temporalio/workflow';
import { FAILURES, type ParseProgress, type ParseResult } from '../../contract';
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

  it('says what to do about a failure', () => {
    const failure = ApplicationFailure.nonRetryable('no credits', 'OutOfCredits');
    expect(describeEnd(ENDED, { failure })).toContain(`\n\nto do: ${FAILURES.OutOfCredits.remedy}\n\n`);
    expect(describeEnd(ENDED, { failure: new Error('a bug') })).not.toContain('to do');
    expect(describeEnd(ENDED, { failure: CANCELLED })).not.toContain('to do');
  });

  it('has the size, the price and the duration of a document, as far as Extend reports them', () => {
    const counters = { runId: 'pr_1', submits: 1, polls: 2, waitedMs: 6_240 };
    const output = { kind: 'inline', chunks: [{ content: 'a' }, { content: 'b' }] } as const;
    const whole: ParseResult = { ...counters, pageCount: 3, credits: 6, processingTimeMs: 4_000, output };
    expect(describeEnd(ENDED, { result: whole })).toContain(
      '\n\npages: 3, credits: 6, chunks: 2, duration: 6.2 s, 4.0 s of it at Extend',
    );
    const stored = { kind: 'stored', uri: 'file:///a', bytes: 1, sha256: '', chunkCount: 7 } as const;
    expect(describeEnd(ENDED, { result: { ...counters, output: stored } })).toContain('\n\nchunks: 7, duration: 6.2 s');
  });
});
