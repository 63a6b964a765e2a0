import { describe, expect, it } from '@jest/globals';
import { describeGroup, openingGroup, withAnswer } from '../../workflows/batch/group-state';

describe('The state of a group', () => {
  const opening = openingGroup(1_000, 5);
  const answer = { parts: ['a', 'b'], pending: 1_000, toSubmit: 0, ended: {}, batchRunIds: ['bpr_1'] };

  it('opens with all documents to submit', () => {
    expect(opening).toMatchObject({ startedAtMs: 5, documents: 1_000, pending: 1_000, toSubmit: 1_000, parts: [] });
  });

  it('adds the parts of each answer, and keeps the facts that an answer lacks', () => {
    const submitted = withAnswer(opening, answer);
    const followed = withAnswer(submitted, {
      ...answer,
      parts: ['c'],
      pending: 10,
      batchRunIds: [],
      polls: 3,
      listedAtMs: 7,
      goesOn: true,
    });
    expect(followed).toEqual({
      ...opening,
      pending: 10,
      toSubmit: 0,
      parts: ['a', 'b', 'c'],
      batchRunIds: ['bpr_1'],
      polls: 3,
      listedAtMs: 7,
      goesOn: true,
    });
    expect(withAnswer(followed, answer)).toMatchObject({ polls: 3, listedAtMs: 7, goesOn: false });
  });

  it('has the same size for any number of documents', () => {
    const sizes = [10, 1_000].map((documents) => JSON.stringify(withAnswer(openingGroup(documents, 5), answer)).length);
    expect(Math.abs(sizes[0]! - sizes[1]!)).toBeLessThan(20);
  });

  it('is shown in words', () => {
    expect(describeGroup(opening)).toBe('**submitting**, 0 of 1000 done\n\npolls: 0');
    expect(describeGroup(withAnswer(opening, { ...answer, pending: 400, polls: 2 }))).toBe(
      '**waiting**, 600 of 1000 done\n\nbatches at Extend: bpr_1\n\npolls: 2',
    );
    expect(describeGroup(withAnswer(opening, { ...answer, pending: 0 }))).toContain('**ended**, 1000 of 1000 done');
  });
});
