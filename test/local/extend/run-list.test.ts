/** The emulator's list of runs and its batches, as far as the vendor's SDK does not show them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { startEmulator, type Emulator, type EmulatorOptions } from '../../../local/extend';
import { until } from '../../support/until';
import { callNew, createRun, submitUrl } from './api-call';

const OK = 'http://emulator.invalid/ok?reads=0';
let emulator: Emulator;
afterEach(() => emulator.close());

/** Starts an emulator with runs, and gives their ids. Each run has another time of creation. */
async function start(options: EmulatorOptions, runs: number): Promise<string[]> {
  emulator = await startEmulator(options);
  const ids: string[] = [];
  for (let at = 0; at < runs; at += 1) ids.push(await createRun(emulator, `${OK}&n=${at}`));
  return ids;
}

/** Gets one page of the list: the ids and the token of the next page. */
async function page(query: string): Promise<{ ids: string[]; token?: string; status: number }> {
  const { status, body } = await callNew(emulator, 'GET', `/parse_runs?${query}`);
  const ids = (body.data ?? []).map(({ id }: { id: string }) => id);
  return { ids, status, ...(body.nextPageToken && { token: body.nextPageToken }) };
}

describe('the list of runs', () => {
  it('has the newest run first, in pages, in summaries', async () => {
    const ids = await start({}, 12);
    const first = await page('');
    expect(first.ids).toEqual(ids.slice(2).reverse());
    expect(await page(`nextPageToken=${first.token}`)).toEqual({ ids: ids.slice(0, 2).reverse(), status: 200 });
    const { data } = (await callNew(emulator, 'GET', '/parse_runs?limit=1')).body;
    expect(data).toEqual([
      {
        object: 'parse_run',
        id: ids[11],
        batchId: null,
        file: expect.objectContaining({ object: 'file', name: 'ok' }),
        status: 'PROCESSED',
        failureReason: null,
        failureMessage: null,
        metadata: null,
        metrics: { processingTimeMs: 1200, pageCount: 1 },
        usage: { credits: 2, totalCredits: 2 },
        createdAt: expect.any(String),
        updatedAt: expect.any(String),
      },
    ]);
  });

  it('has the order and the sizes of its settings', async () => {
    const ids = await start({ runList: { order: 'oldestFirst', defaultSize: 2, maxSize: 3 } }, 5);
    expect((await page('')).ids).toEqual(ids.slice(0, 2));
    expect((await page('limit=5')).ids).toEqual(ids.slice(0, 3));
    expect((await page('maxPageSize=1')).ids).toEqual(ids.slice(0, 2));
    for (const limit of ['0', '-1', '1.5', 'x', '']) expect((await page(`limit=${limit}`)).status).toBe(400);
    expect((await page('nextPageToken=x')).status).toBe(400);
  });

  it('can read the documented parameter for the size of a page', async () => {
    const ids = await start({ runList: { sizeParameter: 'maxPageSize', defaultSize: 2 } }, 3);
    expect((await page('maxPageSize=1&limit=3')).ids).toEqual([ids[2]]);
    expect((await page('limit=3')).ids).toHaveLength(2);
  });

  it.each(['newestFirst', 'oldestFirst'] as const)(
    'loses and repeats no run while runs are created: %s',
    async (order) => {
      const ids = await start({ runList: { order } }, 4);
      const seen: string[] = [];
      let token: string | undefined;
      do {
        const next = await page(`limit=2${token ? `&nextPageToken=${token}` : ''}`);
        seen.push(...next.ids);
        token = next.token;
        if (seen.length < 4) await createRun(emulator, `${OK}&later=${seen.length}`);
      } while (token !== undefined);
      expect(seen.filter((id) => ids.includes(id)).sort()).toEqual([...ids].sort());
      expect(new Set(seen).size).toBe(seen.length);
    },
  );

  it('lacks a new run for some answers, or for some time', async () => {
    const [id] = await start({ runList: { lagAnswers: 2 } }, 1);
    expect([await page(''), await page(''), await page('')].map(({ ids }) => ids)).toEqual([[], [], [id]]);
    await emulator.close();
    const [late] = await start({ runList: { lagMs: 200 } }, 1);
    const createdAtMs = emulator.runs[0]?.createdAtMs ?? 0;
    await until(async () => (await page('')).ids.includes(String(late)));
    expect(Date.now() - createdAtMs).toBeGreaterThanOrEqual(200);
  });

  it('lacks the runs of one script for a time of their own', async () => {
    const scripts = { late: { listLagMs: 600_000 }, soon: { listLagMs: 0 } };
    emulator = await startEmulator({ scripts, runList: { lagMs: 600_000 } });
    for (const name of ['late', 'soon']) await createRun(emulator, `http://emulator.invalid/${name}`);
    expect((await page('')).ids).toEqual([emulator.runs[1]?.id]);
  });

  it('has filters, and no deleted run', async () => {
    const [id, deleted] = await start({}, 2);
    const failed = await createRun(emulator, 'http://emulator.invalid/failing?reads=0&name');
    const older = await submitUrl(emulator, `${OK}&older`);
    await callNew(emulator, 'DELETE', `/parse_runs/${deleted}`);
    expect((await page('')).ids).toEqual([older, failed, id]);
    expect((await page('fileNameContains=fail')).ids).toEqual([failed]);
    expect((await page('source=API')).ids).toHaveLength(3);
    for (const none of ['source=WORKFLOW_RUN', 'sourceId=x', 'batchId=bpr_x', 'fileNameContains=x']) {
      expect((await page(none)).ids).toEqual([]);
    }
  });

  it('has only runs of the status that the filter names, and these runs advance', async () => {
    await start({}, 0);
    const id = await createRun(emulator, 'http://emulator.invalid/ok?reads=1');
    const list = async (status: string) => {
      const { data } = (await callNew(emulator, 'GET', `/parse_runs?status=${status}`)).body;
      return data.map((run: { id: string; status: string }) => [run.id, run.status]);
    };
    expect(await list('PROCESSING')).toEqual([[id, 'PROCESSING']]);
    expect(await list('PROCESSING')).toEqual([]);
    expect(await list('PROCESSED')).toEqual([[id, 'PROCESSED']]);
  });
});

describe('a batch', () => {
  const create = (inputs: unknown, fields: object = {}) =>
    callNew(emulator, 'POST', '/parse_runs/batch', { inputs, ...fields });
  const input = (fields: object = {}) => ({ file: { url: OK }, ...fields });

  it.each<readonly [string, unknown, object, number, string]>([
    ['no inputs', [], {}, 400, 'inputs must be a list of 1 to 1000 documents'],
    ['inputs of another type', { 0: input() }, {}, 400, 'inputs must be a list'],
    ['1,001 inputs', Array.from({ length: 1_001 }, () => input()), {}, 400, 'inputs must be a list of 1 to 1000'],
    ['an input that is none', [{ file: { text: 'a' } }, 7], {}, 400, 'inputs.1 must be an object'],
    ['an input without a file', [input(), {}], {}, 400, 'inputs.1.file is required'],
    ['two locators', [{ file: { url: OK, id: 'file_1' } }], {}, 400, 'inputs.0.file must have exactly one of'],
    ['a URL and a text', [{ file: { url: OK, text: 'a' } }], {}, 400, 'inputs.0.file must have exactly one of'],
    ['wrong metadata', [input({ metadata: 7 })], {}, 400, 'inputs.0.metadata must be an object'],
    [
      'wrong tags',
      [input({ metadata: { 'extend:usage_tags': [''] } })],
      {},
      400,
      'inputs.0.metadata.extend:usage_tags',
    ],
    ['an unknown script', [input(), { file: { url: 'http://emulator.invalid/x' } }], {}, 400, ''],
    ['an unknown file', [input(), { file: { id: 'file_unknown' } }], {}, 404, 'file_unknown'],
    ['a priority of another type', [input()], { priority: 'high' }, 400, 'priority must be a whole number'],
    [
      'a wrong config',
      [input()],
      { config: { target: 'spatial', chunkingStrategy: { type: 'section' } } },
      400,
      'spatial',
    ],
  ])('with %s is refused as a whole', async (_title, inputs, fields, code, message) => {
    emulator = await startEmulator();
    const { status, body } = await create(inputs, fields);
    expect([status, body.message]).toEqual([code, expect.stringContaining(message)]);
    expect(emulator.runs).toEqual([]);
    expect(emulator.files).toEqual([]);
  });

  it('of 1,000 inputs has 1,000 runs', async () => {
    emulator = await startEmulator();
    const { body } = await create(Array.from({ length: 1_000 }, (_, line) => input({ metadata: { line } })));
    expect(body).toMatchObject({ status: 'PENDING', runCount: 1_000 });
    expect(emulator.runs.map(({ metadata }) => metadata?.['line'])).toEqual([...Array(1_000).keys()]);
    expect(new Set(emulator.runs.map(({ batchId }) => batchId))).toEqual(new Set([body.id]));
  });

  it('stores a text as a file', async () => {
    emulator = await startEmulator();
    await create([{ file: { text: 'Größe', name: 'a.pdf' } }, { file: { text: '' } }]);
    expect(emulator.files).toMatchObject([
      { name: 'a.pdf', bytes: 7, uploaded: false },
      { name: 'text.txt', bytes: 0 },
    ]);
    expect(emulator.runs.map(({ fileId }) => fileId)).toEqual(emulator.files.map(({ id }) => id));
  });

  it('ends when all its runs have ended, whatever their ends', async () => {
    emulator = await startEmulator();
    const inputs = ['ok?reads=1', 'failing?reads=1', 'never'].map((name) => ({
      file: { url: `http://emulator.invalid/${name}` },
    }));
    const { id } = (await create(inputs)).body;
    const status = async () => (await callNew(emulator, 'GET', `/batch_runs/${id}`)).body.status;
    const never = emulator.runs[2]?.id;
    expect(emulator.runs.map((run) => run.status)).toEqual(['PENDING', 'PENDING', 'PENDING']);
    expect([await status(), await status()]).toEqual(['PROCESSING', 'PROCESSING']);
    await callNew(emulator, 'POST', `/parse_runs/${never}/cancel`);
    expect(await status()).toBe('PROCESSED');
    expect(emulator.runs.map((run) => run.status)).toEqual(['PROCESSED', 'FAILED', 'CANCELLED']);
  });
});

it('an emulator with a directory has the runs, their metadata and the batches of the emulator before', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'run-list-'));
  try {
    emulator = await startEmulator({ directory });
    const metadata = { order: 7 };
    const single = await createRun(emulator, OK, { metadata });
    const body = { inputs: [{ file: { url: OK }, metadata: { line: 1 } }] };
    const batch = (await callNew(emulator, 'POST', '/parse_runs/batch', body)).body;
    const deleted = await createRun(emulator, OK);
    await callNew(emulator, 'DELETE', `/parse_runs/${deleted}`);
    await emulator.close();
    emulator = await startEmulator({ directory });
    const { data } = (await callNew(emulator, 'GET', '/parse_runs')).body;
    const known = data.map((run: { batchId: string | null; metadata: object }) => [run.batchId, run.metadata]);
    expect(known).toHaveLength(2);
    expect(known).toEqual(
      expect.arrayContaining([
        [null, metadata],
        [batch.id, { line: 1 }],
      ]),
    );
    expect((await callNew(emulator, 'GET', `/parse_runs/${single}`)).body).toMatchObject({
      status: 'PROCESSED',
      metadata,
    });
    const { status, runCount, createdAt } = (await callNew(emulator, 'GET', `/batch_runs/${batch.id}`)).body;
    expect([status, runCount, createdAt]).toEqual(['PROCESSED', 1, batch.createdAt]);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
