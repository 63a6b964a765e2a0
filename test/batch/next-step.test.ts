import { describe, expect, it } from '@jest/globals';
import { afterEarlierEnd, nextStep, segmentLength, type BatchSituation } from '../../workflows/batch/next-step';

const IDLE: BatchSituation = {
  historyLength: 100,
  historyBytes: 10_000,
  continueAsNewSuggested: false,
  cancellation: 'none',
  isPaused: false,
  width: 50,
  children: 0,
  starting: 0,
  adopted: 0,
  queued: 0,
  hasMorePages: false,
  groups: 0,
  groupDocuments: 0,
  hasTakeable: false,
  nextGroup: undefined,
  deletions: 0,
  unwritten: 0,
  inSegment: 0,
  failedNow: 0,
  stopAfterFailures: undefined,
};

const stepOf = (situation: Partial<BatchSituation>) =>
  nextStep({ ...IDLE, inSegment: Math.min(situation.unwritten ?? 0, 200), ...situation });

describe('nextStep', () => {
  it('reads a page if there is room and no document is queued, and starts queued documents', () => {
    expect(stepOf({ hasMorePages: true })).toEqual({ kind: 'read' });
    expect(stepOf({ hasMorePages: true, queued: 10 })).toEqual({ kind: 'start', count: 10 });
    expect(stepOf({ queued: 200 })).toEqual({ kind: 'start', count: 50 });
    expect(stepOf({ queued: 200, width: 500, children: 90, starting: 30 })).toEqual({ kind: 'start', count: 20 });
    expect(stepOf({ queued: 200, width: 500, children: 90, starting: 50 })).toEqual({ kind: 'wait' });
  });

  it('starts groups first, as far as their documents fit the width, and one that is larger alone', () => {
    expect(stepOf({ width: 2_000, nextGroup: 1_000, queued: 5 })).toEqual({ kind: 'startGroup' });
    expect(stepOf({ width: 2_000, nextGroup: 1_000, groups: 1, groupDocuments: 1_000 })).toEqual({
      kind: 'startGroup',
    });
    expect(stepOf({ width: 2_000, nextGroup: 1_000, groups: 2, groupDocuments: 1_001 })).toEqual({ kind: 'wait' });
    expect(stepOf({ width: 50, nextGroup: 1_000 })).toEqual({ kind: 'startGroup' });
    expect(stepOf({ width: 50, nextGroup: 1_000, children: 1 })).toEqual({ kind: 'wait' });
    expect(stepOf({ width: 10_000, queued: 200, children: 490 })).toEqual({ kind: 'start', count: 10 });
    expect(stepOf({ nextGroup: 20, isPaused: true })).toEqual({ kind: 'wait' });
    expect(stepOf({ nextGroup: 20, stopAfterFailures: 1, failedNow: 1 })).toEqual({ kind: 'finish' });
  });

  it('takes the outcomes of a group before anything else, except that it cancels first', () => {
    expect(stepOf({ hasTakeable: true, groups: 1, nextGroup: 20 })).toEqual({ kind: 'take' });
    expect(stepOf({ hasTakeable: true, groups: 1, cancellation: 'handled' })).toEqual({ kind: 'take' });
    expect(stepOf({ hasTakeable: true, groups: 1, cancellation: 'requested' })).toEqual({ kind: 'cancel' });
    expect(stepOf({ groups: 1, starting: 1, cancellation: 'requested' })).toEqual({ kind: 'wait' });
  });

  it('waits for the groups in flight before it continues as new or ends', () => {
    expect(stepOf({ historyLength: 3_600, groups: 1, nextGroup: 20 })).toEqual({ kind: 'wait' });
    expect(stepOf({ historyLength: 3_601, nextGroup: 20 })).toEqual({ kind: 'continueAsNew' });
    expect(stepOf({ groups: 1 })).toEqual({ kind: 'wait' });
    expect(stepOf({ groups: 1, cancellation: 'handled' })).toEqual({ kind: 'wait' });
  });

  it('keeps to the width, with children and adopted documents together', () => {
    expect(stepOf({ queued: 200, children: 30, adopted: 17 })).toEqual({ kind: 'start', count: 3 });
    expect(stepOf({ queued: 200, children: 30, adopted: 20 })).toEqual({ kind: 'wait' });
    expect(stepOf({ queued: 200, children: 30, width: 10 })).toEqual({ kind: 'wait' });
  });

  it('starts and reads nothing while paused', () => {
    expect(stepOf({ queued: 200, isPaused: true })).toEqual({ kind: 'wait' });
    expect(stepOf({ hasMorePages: true, isPaused: true })).toEqual({ kind: 'wait' });
  });

  it('writes full segments, and the remaining outcomes before it ends or continues as new', () => {
    expect(stepOf({ children: 5, queued: 10, unwritten: 200 })).toEqual({ kind: 'write' });
    expect(stepOf({ children: 5, unwritten: 199 })).toEqual({ kind: 'wait' });
    expect(stepOf({ unwritten: 201 })).toEqual({ kind: 'write' });
    expect(stepOf({ unwritten: 200 })).toEqual({ kind: 'writeLast' });
    expect(stepOf({ unwritten: 1 })).toEqual({ kind: 'writeLast' });
    expect(stepOf({ unwritten: 200, hasMorePages: true })).toEqual({ kind: 'write' });
    expect(stepOf({})).toEqual({ kind: 'finish' });
    expect(stepOf({ children: 5, unwritten: 1, continueAsNewSuggested: true })).toEqual({ kind: 'write' });
    expect(stepOf({ children: 5, continueAsNewSuggested: true })).toEqual({ kind: 'continueAsNew' });
  });

  it('continues as new while the history has room for the ends of the documents in flight', () => {
    expect(stepOf({ queued: 1, children: 40, historyLength: 3_440 })).toEqual({ kind: 'start', count: 1 });
    expect(stepOf({ queued: 1, children: 40, historyLength: 3_441 })).toEqual({ kind: 'continueAsNew' });
    expect(stepOf({ queued: 1, adopted: 40, historyLength: 3_361 })).toEqual({ kind: 'continueAsNew' });
    expect(stepOf({ queued: 1, historyBytes: 2_000_001 })).toEqual({ kind: 'continueAsNew' });
  });

  it('waits for starts to be confirmed before it continues as new or is cancelled', () => {
    expect(stepOf({ children: 5, starting: 1, unwritten: 9, continueAsNewSuggested: true })).toEqual({ kind: 'wait' });
    expect(stepOf({ children: 5, starting: 1, cancellation: 'requested' })).toEqual({ kind: 'wait' });
  });

  it('has room for work at the start of an execution, with any number of documents in flight', () => {
    expect(stepOf({ historyLength: 20, queued: 200, width: 500, adopted: 475 })).toEqual({ kind: 'start', count: 25 });
  });

  it('starts no further document after the allowed failures, and ends after the documents in flight', () => {
    const stopped = { queued: 10, hasMorePages: true, stopAfterFailures: 3 };
    expect(stepOf({ ...stopped, failedNow: 2 })).toEqual({ kind: 'start', count: 10 });
    expect(stepOf({ ...stopped, failedNow: 3, children: 1 })).toEqual({ kind: 'wait' });
    expect(stepOf({ ...stopped, failedNow: 3, unwritten: 5 })).toEqual({ kind: 'writeLast' });
    expect(stepOf({ ...stopped, failedNow: 3 })).toEqual({ kind: 'finish' });
  });

  it('handles the documents in flight first after a cancellation, and does not continue as new then', () => {
    const cancelled = { queued: 10, children: 5, unwritten: 300 };
    expect(stepOf({ ...cancelled, cancellation: 'requested' })).toEqual({ kind: 'cancel' });
    expect(stepOf({ ...cancelled, cancellation: 'handled' })).toEqual({ kind: 'write' });
    const handled = { queued: 10, cancellation: 'handled', continueAsNewSuggested: true } as const;
    expect(stepOf({ ...handled, children: 5 })).toEqual({ kind: 'wait' });
    expect(stepOf(handled)).toEqual({ kind: 'finish' });
  });
});

describe('afterEarlierEnd', () => {
  it('records a document with a result, and starts a document again that was ended from outside', () => {
    expect(afterEarlierEnd(undefined, true)).toBe('record');
    for (const type of ['Cancelled', 'Terminated', 'TimedOut']) expect(afterEarlierEnd(type, false)).toBe('restart');
  });

  it('starts failed documents again with retryFailed, except after SubmitOutcomeUnknown', () => {
    expect(afterEarlierEnd('ParserRunFailed', false)).toBe('record');
    expect(afterEarlierEnd('ParserRunFailed', true)).toBe('restart');
    expect(afterEarlierEnd('SubmitOutcomeUnknown', true)).toBe('record');
  });
});

describe('segmentLength', () => {
  it.each<[string, number[], number]>([
    ['no outcome', [], 0],
    ['small outcomes up to their limit', Array.from({ length: 201 }, () => 1), 200],
    ['large outcomes up to a megabyte', [400_000, 400_000, 200_000, 1], 3],
    ['an outcome of more than a megabyte', [1_500_000, 1], 1],
  ])('takes %s', (_, sizes, length) => {
    expect(segmentLength(sizes)).toBe(length);
  });

  it('has the batch write a segment that is full by its size', () => {
    expect(stepOf({ children: 5, unwritten: 4, inSegment: 3 })).toEqual({ kind: 'write' });
    expect(stepOf({ unwritten: 4, inSegment: 3 })).toEqual({ kind: 'write' });
  });
});
