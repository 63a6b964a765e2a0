import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createParseActivities, type ParseActivities, type PreparedBatch } from '../../activities';
import { Claims } from '../../activities/bulk/earlier-groups';
import type { PageDocument } from '../../activities/types';
import type { BatchDocument, BatchInput } from '../../client';
import { runActivity } from '../activities/run-activity';

const directory = mkdtempSync(join(tmpdir(), 'bulk-groups-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const OPTIONS = { apiKey: 'test', apiVersion: '2026-02-09', resultDirectory: directory } as const;
const activities = createParseActivities(OPTIONS);
let starts = 0;

const documents = (count: number, more: Partial<BatchDocument> = {}): BatchDocument[] =>
  Array.from({ length: count }, (_, index) => ({ file: { fileUrl: `https://example.com/${index}.pdf` }, ...more }));

/** Prepares a bulk batch. The manifest of a batch may be larger than a list, so the size of the list is not checked here. */
async function prepare(list: readonly BatchDocument[], options: object = {}): Promise<PreparedBatch> {
  starts += 1;
  return prepareAs(`batch-${starts}`, list, options);
}

async function prepareAs(
  workflowId: string,
  list: readonly BatchDocument[],
  options: object,
  worker: ParseActivities = activities,
): Promise<PreparedBatch> {
  starts += 1;
  const batch = { documents: list, submission: 'bulk', ...options } as BatchInput;
  const context = new MockActivityEnvironment({ workflowExecution: { workflowId, runId: 'run' } });
  return runActivity(worker, 'prepareBatch', { batch, startId: `start-${starts}` }, context);
}

async function failureOf(preparing: Promise<unknown>): Promise<ApplicationFailure> {
  const error: unknown = await preparing.then(
    () => 'no failure',
    (failure: unknown) => failure,
  );
  if (error instanceof ApplicationFailure) return error;
  throw new Error(String(error));
}

/** The values of an object of a group. */
function read<T>({ place }: PreparedBatch, name: string): T[] {
  const text = readFileSync(fileURLToPath(`${place.uri}/${name}`), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T);
}

describe('prepareBatch for bulk submits', () => {
  it('makes groups of at most 1,000 documents, and of no more than the width', async () => {
    expect(await prepare(documents(2_050))).toMatchObject({ total: 2_050, pages: 0, groups: [1_000, 1_000, 50] });
    expect(await prepare(documents(250), { width: 100 })).toMatchObject({ pages: 0, groups: [100, 100, 50] });
  });

  it('groups documents of the same settings, in any order, and keeps their order', async () => {
    const [plain, spatial] = [documents(20), documents(20, { config: { target: 'spatial' } })];
    const mixed = plain.flatMap((document, index) => [document, spatial[index]!]);
    const prepared = await prepare(mixed, { defaults: { deadlineMs: 5_000 } });
    expect(prepared).toMatchObject({ total: 40, groups: [20, 20] });
    expect(read(prepared, 'groups/2/settings.jsonl')).toEqual([
      expect.objectContaining({ config: { target: 'spatial' }, deadlineMs: 5_000, onAmbiguousSubmit: 'resubmit' }),
    ]);
    const ids = read<{ id: string }>(prepared, 'groups/2/documents.jsonl').map(({ id }) => id);
    expect(ids).toEqual(Array.from({ length: 20 }, (_, index) => String(2 * index + 2)));
  });

  it('leaves documents that a bulk submit cannot carry to the pages, and documents of rare settings', async () => {
    const list = [...documents(9, { config: { target: 'spatial' } }), { runId: 'pr_1' }, ...documents(10)];
    const retained = documents(1, { dataRetention: 'zero' });
    const prepared = await prepare([...list, ...retained]);
    expect(prepared).toMatchObject({ total: 21, pages: 1, groups: [10] });
    const singles = read<{ id: string }>(prepared, 'pages/1.jsonl').map(({ id }) => id);
    expect(singles.sort()).toEqual(['1', '10', '2', '21', '3', '4', '5', '6', '7', '8', '9'].sort());
    expect(read<string>(prepared, 'singles.jsonl').sort()).toEqual(singles.sort());
  });

  it('keeps the request of a group below its limit', async () => {
    const metadata = { note: 'x'.repeat(7_000) };
    const { groups = [] } = await prepare(documents(600, { metadata }));
    expect(groups.reduce((sum, size) => sum + size, 0)).toBe(600);
    expect(Math.max(...groups) * 7_600).toBeLessThanOrEqual(3_100_000);
  });

  it('makes no groups for single submits', async () => {
    expect(await prepare(documents(20), { submission: 'each' })).not.toHaveProperty('groups');
  });

  it.each([
    [{ apiVersion: '2025-04-21' }, /submission 'bulk': version 2025-04-21 of Extend's API/],
    [{ runMetadata: false }, /submission 'bulk' needs the metadata of this package/],
  ] as const)('refuses bulk submits of a worker with %j', async (options, message) => {
    const worker = createParseActivities({ ...OPTIONS, ...options });
    const failure = await failureOf(prepareAs('refused', documents(20), {}, worker));
    expect([failure.type, failure.nonRetryable]).toEqual(['InvalidInput', true]);
    expect(failure.message).toMatch(message);
  });

  it('refuses another form of submits than that of the earlier start', async () => {
    await prepareAs('other-form', documents(20), {});
    const failure = await failureOf(prepareAs('other-form', documents(20), { submission: 'each' }));
    expect(failure.message).toContain("submission must be 'bulk', as when this batch was started before, got 'each'");
  });
});

describe('The claims of earlier starts', () => {
  const entry = { firstRunId: 'first', submit: 1, atMs: 1, documents: { a: 'hash-a', b: 'hash-b', c: 'hash-c' } };
  const document = (id: string): PageDocument => ({ id, input: { runId: 'unused' }, hash: `hash-${id}` });

  it('are kept for the documents that a start does not have', () => {
    const claims = new Claims([entry]);
    claims.noteFailed({ status: 'failed', id: 'c', ...FAILED });
    expect(claims.entriesOf([document('a')])).toMatchObject([{ documents: { a: 'hash-a' } }]);
    expect(claims.left).toEqual([{ ...entry, documents: { b: 'hash-b' } }]);
  });
});

const FAILED = {
  workflowId: 'batch/c',
  failure: { type: 'ParserRunFailed', message: '', details: {} },
  polls: 1,
  durationMs: 1,
} as const;
