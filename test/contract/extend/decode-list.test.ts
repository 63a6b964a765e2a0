/** Risk tested here: one odd entry of a list hides the others, or an id of it reaches a path or a message. */
import { describe, expect, it } from '@jest/globals';
import { decodeBatchAnswer, decodeRunPage } from '../../../contract/extend';
import { createRedactor } from '../../../privacy';

const redactor = createRedactor(() => []);
const run = { object: 'parse_run', id: 'pr_1', status: 'PROCESSED', metadata: { a: 1 }, batchId: 'bpr_1' };
const decode = (...data: unknown[]) => decodeRunPage({ object: 'list', data }, redactor).runs;

describe('decodeRunPage', () => {
  it('reads a run with its metadata, its batch and its time', () => {
    expect(decode({ ...run, createdAt: '2026-01-01T00:00:00Z', file: null })).toEqual([
      expect.objectContaining({ runId: 'pr_1', metadata: { a: 1 }, batchId: 'bpr_1', createdAtMs: 1_767_225_600_000 }),
    ]);
  });

  it.each([
    ['null', null],
    ['a text', 'pr_2'],
    ['no id', { status: 'PROCESSED' }],
    ['no status', { id: 'pr_2' }],
  ])('leaves out an entry with %s, and keeps the others', (_, entry) =>
    expect(decode(entry, run).map(({ runId }) => runId)).toEqual(['pr_1']),
  );

  it.each<[string, unknown]>([
    ['a dot segment', '..'],
    ['an empty text', ''],
    ['a text with a bidirectional character', 'a\u202Eb'],
    ['null', null],
    ['a number', 5],
  ])('gives a run no batch if the id is %s', (_, batchId) => {
    expect(decode({ ...run, batchId })[0]).not.toHaveProperty('batchId');
  });

  it.each([null, 'soon', 5])('gives a run no time if createdAt is %j', (createdAt) => {
    expect(decode({ ...run, createdAt })[0]?.createdAtMs).toBeUndefined();
  });

  it('refuses an answer without a list', () => {
    expect(() => decodeRunPage({ object: 'list' }, redactor)).toThrow('data: expected Array');
  });
});

describe('decodeBatchAnswer', () => {
  it.each(['..', '', undefined, 'a\nb'])('refuses the id %j', (id) => {
    expect(() => decodeBatchAnswer({ id, status: 'PROCESSED' }, redactor)).toThrow('id is missing or not usable');
  });

  it('reads a batch without a status as PENDING', () => {
    expect(decodeBatchAnswer({ id: 'bpr_1' }, redactor)).toEqual({ batchId: 'bpr_1', status: 'PENDING' });
  });
});
