import { describe, expect, it } from '@jest/globals';
import { afterMissing } from '../../activities/bulk/after-missing';
import type { NumberedEntry } from '../../activities/bulk/ledger';
import { isListDue, ownerOf, standingOf } from '../../activities/bulk/standings';

const first: NumberedEntry = { number: 1, firstRunId: 'start', submit: 1, atMs: 1_000, documents: { a: 'h', b: 'h' } };
const second: NumberedEntry = {
  ...first,
  number: 2,
  submit: 2,
  atMs: 2_000,
  documents: { b: 'h' },
  batchRunId: 'bpr_2',
};

describe('standingOf', () => {
  const facts = { entries: [first, second], isDone: (id: string) => id === 'done', againUpTo: () => 0 };

  it('is decided by the last submit of the document', () => {
    expect(standingOf({ id: 'done' }, facts)).toEqual({ kind: 'done' });
    expect(standingOf({ id: 'c' }, facts)).toEqual({ kind: 'toSubmit', submits: 0 });
    expect(standingOf({ id: 'a' }, facts)).toEqual({ kind: 'lost', submits: 1, entry: first });
    expect(standingOf({ id: 'b' }, facts)).toEqual({ kind: 'accepted', submits: 2, entry: second });
    expect(standingOf({ id: 'toString' }, facts)).toEqual({ kind: 'toSubmit', submits: 0 });
  });

  it('is to submit again if no submit up to the last one can deliver', () => {
    expect(standingOf({ id: 'b' }, { ...facts, againUpTo: () => 2 })).toEqual({ kind: 'toSubmit', submits: 2 });
    expect(standingOf({ id: 'b' }, { ...facts, againUpTo: () => 1 })).toMatchObject({ kind: 'accepted' });
  });
});

describe('ownerOf', () => {
  const identity = { namespace: 'default', batchId: 'batch/1' };
  const temporal = { namespace: 'default', workflowId: 'batch/1/b', firstRunId: 'start', submit: 2 };

  it('finds the submit whose four members the metadata of a run name', () => {
    expect(ownerOf({ metadata: { temporal, other: 1 } }, [first, second], identity)).toEqual({
      id: 'b',
      entry: second,
    });
  });

  it.each([
    ['namespace', { namespace: 'other' }],
    ['batch', { workflowId: 'batch/2/b' }],
    ['document', { workflowId: 'batch/1/a' }],
    ['first run', { firstRunId: 'other' }],
    ['submit', { submit: 3 }],
  ])('finds none if another %s is named', (_, changed) => {
    const metadata = { temporal: { ...temporal, ...changed } };
    expect(ownerOf({ metadata }, [first, second], identity)).toBeUndefined();
  });

  it('finds none for a run of another program', () => {
    for (const metadata of [{}, { temporal: 'x' }, { temporal: { ...temporal, workflowId: 7 } }]) {
      expect(ownerOf({ metadata }, [second], identity)).toBeUndefined();
    }
    expect(ownerOf({}, [second], identity)).toBeUndefined();
  });
});

describe('isListDue', () => {
  const situation = { documents: 1_000, elapsedMs: 0, listedAfterMs: undefined, listRequests: 0 };

  it('comes first after ten seconds, and then at growing intervals', () => {
    expect(isListDue({ ...situation, elapsedMs: 9_999 })).toBe(false);
    expect(isListDue({ ...situation, elapsedMs: 10_000 })).toBe(true);
    expect(isListDue({ ...situation, elapsedMs: 149_999, listedAfterMs: 100_000 })).toBe(false);
    expect(isListDue({ ...situation, elapsedMs: 150_000, listedAfterMs: 100_000 })).toBe(true);
  });

  it('does not come before the end of the batches once the lists have cost a request for 20 documents', () => {
    expect(isListDue({ ...situation, elapsedMs: 10_000, listRequests: 49 })).toBe(true);
    expect(isListDue({ ...situation, elapsedMs: 10_000, listRequests: 50 })).toBe(false);
  });
});

describe('afterMissing', () => {
  const situation = {
    missingMs: 120_000,
    kind: 'lost',
    submits: 1,
    isListComplete: true,
    reconcileMs: 120_000,
    maxSubmits: 2,
    onAmbiguousSubmit: 'resubmit',
  };
  const decide = (changed: object) => afterMissing({ ...situation, ...changed } as Parameters<typeof afterMissing>[0]);

  it('waits for late lists, and then submits again as often as the document permits', () => {
    expect(decide({ missingMs: 119_999 })).toBe('wait');
    expect(decide({})).toBe('again');
    expect(decide({ submits: 2 })).toBe('fail');
    expect(decide({ onAmbiguousSubmit: 'fail' })).toBe('fail');
    expect(decide({ isListComplete: false })).toBe('fail');
    expect(decide({ kind: 'accepted' })).toBe('fail');
    expect(decide({ missingMs: 0, reconcileMs: 0 })).toBe('again');
  });
});
