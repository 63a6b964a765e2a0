import { describe, expect, it } from '@jest/globals';
import {
  advance,
  carriedWork,
  countEnd,
  countTaken,
  openingControls,
  openingWork,
  toDetails,
  toOutcome,
  toProgress,
  toResult,
  type BatchState,
} from '../../workflows/batch/batch-state';

const prepared = {
  batchId: 'b',
  place: { directory: 'batches/b/s', uri: 'mem:///batches/b/s' },
  total: 5,
  pages: 2,
  segments: 1,
  skippedLines: 3,
  processed: 1,
  failed: 1,
  failures: { ParserRunFailed: 1 },
};
const input = { manifest: 'file:///m.jsonl' };

/** The members that workers of two versions exchange during a rolling deployment. */
const STATE: BatchState = {
  ...prepared,
  next: { page: 1, at: 0 },
  failedNow: 0,
  width: 50,
  isPaused: false,
  running: [],
};

const failedAs = (type: 'Cancelled' | 'OutOfCredits') =>
  ({ status: 'failed', failure: { type, message: 'm', details: { polls: 2 } } }) as const;

describe('The state of a batch', () => {
  it('opens from the prepared batch and the input, with the carried member names', () => {
    expect({ ...openingWork(prepared), ...openingControls(input, undefined), running: [] }).toEqual(STATE);
    expect(openingControls({ ...input, width: 7 }, undefined)).toEqual({ width: 7, isPaused: false });
  });

  it('is carried with its width and pause', () => {
    const carried = { ...STATE, width: 9, isPaused: true, running: ['1'] };
    expect(openingControls({ ...input, width: 7 }, carried)).toEqual({ width: 9, isPaused: true });
    expect(carriedWork(carried)).toEqual(openingWork(prepared));
  });

  it('of a bulk batch opens with its groups and a larger width', () => {
    const groups = { sizes: [1_000, 20], started: 0 };
    expect(openingWork({ ...prepared, groups: [1_000, 20] })).toEqual({ ...openingWork(prepared), groups });
    expect(openingControls({ ...input, submission: 'bulk' }, undefined)).toEqual({ width: 2_000, isPaused: false });
    expect(carriedWork({ ...STATE, groups })).toEqual({ ...openingWork(prepared), groups });
  });

  it('counts the outcomes of groups, and the documents in flight in groups', () => {
    const taken = { processed: 3, failed: 2, others: 0, failures: { ParserRunFailed: 1, OutOfCredits: 1 } };
    expect(countTaken(STATE, taken)).toEqual({
      ...STATE,
      segments: 2,
      processed: 4,
      failed: 3,
      failedNow: 2,
      failures: { ParserRunFailed: 2, OutOfCredits: 1 },
    });
    expect(countTaken(STATE, { processed: 0, failed: 0, others: 0, failures: {} })).toEqual(STATE);
    expect(countTaken(STATE, { processed: 0, failed: 0, others: 1, failures: {} })).toEqual({ ...STATE, segments: 2 });
    expect(toProgress({ ...STATE, running: ['1'], groupDocuments: 900 })).toMatchObject({ inFlight: 901 });
  });

  it('advances within a page, and to the next one', () => {
    expect(advance(STATE, 3, 4).next).toEqual({ page: 1, at: 3 });
    expect(advance(STATE, 4, 4).next).toEqual({ page: 2, at: 0 });
  });

  it('counts failures by type, and the new ones apart', () => {
    expect(countEnd(STATE, failedAs('OutOfCredits'))).toEqual({
      ...STATE,
      failed: 2,
      failedNow: 1,
      failures: { ParserRunFailed: 1, OutOfCredits: 1 },
    });
  });

  it('gives progress, result and details', () => {
    const state = { ...STATE, running: ['4', '5'] };
    expect(toProgress(undefined)).toEqual({ done: 0, failed: 0, inFlight: 0, failures: {} });
    expect(toProgress(state)).toEqual({ total: 5, done: 2, failed: 1, inFlight: 2, failures: { ParserRunFailed: 1 } });
    expect(toResult(state)).toEqual({
      total: 5,
      processed: 1,
      failed: 1,
      skippedLines: 3,
      failures: { ParserRunFailed: 1 },
      outcomes: { uri: 'mem:///batches/b/s/outcomes', segments: 1 },
    });
    expect(toDetails(state, false).split('\n\n')).toEqual([
      '**parsing**, 2 of 5 done',
      'in flight: 2 of at most 50',
      'failed: 1 (ParserRunFailed: 1)',
      'lines that are not documents: 3',
      'outcomes: 1 segments at mem:///batches/b/s/outcomes',
    ]);
    expect(toDetails({ ...state, isPaused: true }, false)).toContain('**paused**');
    expect(toDetails({ ...state, isPaused: true }, true)).toContain('**ending**');
  });
});

describe('toOutcome', () => {
  const ended = (end: ReturnType<typeof failedAs>) => ({ id: '1', durationMs: 5, end });

  it('says cancelled only for a document that the batch has cancelled', () => {
    const document = ended(failedAs('Cancelled'));
    expect(toOutcome(document, { workflowId: 'b/1', isEnding: true })).toEqual({
      status: 'cancelled',
      id: '1',
      workflowId: 'b/1',
    });
    expect(toOutcome(document, { workflowId: 'b/1', isEnding: false })).toMatchObject({ status: 'failed' });
  });

  it('keeps a failure with its polls and duration', () => {
    expect(toOutcome(ended(failedAs('OutOfCredits')), { workflowId: 'b/1', isEnding: true })).toEqual({
      id: '1',
      workflowId: 'b/1',
      ...failedAs('OutOfCredits'),
      polls: 2,
      durationMs: 5,
    });
  });
});
