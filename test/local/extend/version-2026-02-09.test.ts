/** The emulator's version 2026-02-09, as far as the vendor's SDK does not show it: see vendor-sdk.test.ts. */
import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isExtendError } from '../../../contract/extend';
import { httpReply, startEmulator, type Emulator } from '../../../local/extend';
import { PresignedUrls } from '../../../local/extend/presigned-urls';
import { startOddServer } from '../../http/odd-server';
import { until } from '../../support/until';
import { call, callNew, createRun, submitUrl } from './api-call';

const OK = 'http://emulator.invalid/ok?reads=0';
const refused = (status: number) => httpReply({ status, json: { code: 'NO', message: 'no', retryable: false } });

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator({
    scripts: {
      locked: { processingReads: 0, password: 'open sesame' },
      explained: {
        processingReads: 0,
        status: 'FAILED',
        failureReason: 'OCR_ERROR',
        failureMessage: 'page 3 is empty',
      },
      unexplained: { processingReads: 0, status: 'FAILED', failureReason: 'OCR_ERROR', failureMessage: null },
      'failed-in-words': { processingReads: 0, status: 'FAILED', failureReason: 'CORRUPT_FILE: no end: none' },
      'faulty-calls': {
        processingReads: Number.POSITIVE_INFINITY,
        downloads: [refused(503)],
        cancels: [refused(409)],
      },
      'faulty-download': { processingReads: 0, downloads: [refused(403), refused(500)] },
      'ended-at-once': { submitStatus: 'CANCELLED' },
    },
  });
});
afterAll(() => emulator.close());

describe('a run', () => {
  it('has the ids and the header of the version that created it', async () => {
    const older = await call(emulator, 'POST', '/parse/async', { file: { fileUrl: OK } });
    expect(older.body.id).toMatch(/^parser_run_[\w-]{21}$/);
    expect(older.headers.get('x-extend-api-version')).toBeNull();
    const newer = await callNew(emulator, 'POST', '/parse_runs', { file: { url: OK } });
    expect(newer.body.id).toMatch(/^pr_[\w-]{21}$/);
    expect(newer.headers.get('x-extend-api-version')).toBe('2026-02-09');
    for (const { headers } of [older, newer]) expect(headers.get('x-extend-request-id')).toMatch(/^req_/);
    const created = emulator.runs.slice(-2).map(({ id, apiVersion }) => [id, apiVersion]);
    expect(created).toEqual([
      [older.body.id, '2025-04-21'],
      [newer.body.id, '2026-02-09'],
    ]);
  });

  it('of one version can be read, cancelled and deleted in the other', async () => {
    const older = await submitUrl(emulator, OK);
    const asNew = (await callNew(emulator, 'GET', `/parse_runs/${older}`)).body;
    const asOld = (await call(emulator, 'GET', `/parser_runs/${older}`)).body.parserRun;
    expect(asNew).toMatchObject({ object: 'parse_run', id: older, status: 'PROCESSED', metadata: null, batchId: null });
    expect(asNew.output.chunks).toEqual(asOld.chunks);
    expect(asNew.file.id).toBe(asOld.fileId);

    const newer = await createRun(emulator, 'http://emulator.invalid/never', { metadata: { a: 1 } });
    const running = { object: 'parser_run_status', id: newer, status: 'PROCESSING' };
    expect((await call(emulator, 'GET', `/parser_runs/${newer}`)).body.parserRun).toEqual(running);
    await callNew(emulator, 'POST', `/parse_runs/${newer}/cancel`);
    expect((await call(emulator, 'GET', `/parser_runs/${newer}`)).body.parserRun.status).toBe('CANCELLED');
    expect((await call(emulator, 'DELETE', `/parser_runs/${newer}`)).status).toBe(200);
    expect((await callNew(emulator, 'GET', `/parse_runs/${newer}`)).status).toBe(404);
  });
});

describe('a path of the other version', () => {
  const READS = [
    ['2026-02-09', callNew, '/parser_runs/r'],
    ['2025-04-21', call, '/parse_runs/r'],
    ['2025-04-21', call, '/parse_runs'],
    ['2025-04-21', call, '/batch_runs/b'],
  ] as const;
  it.each(READS)('is removed for a read in version %s', async (version, send, path) => {
    const { status, body } = await send(emulator, 'GET', path);
    expect([status, body.code]).toEqual([410, 'ENDPOINT_REMOVED']);
    expect(body.message ?? body.error).toBe(`${path} is not part of version ${version}`);
    expect(isExtendError(body)).toBe(true);
  });

  it.each([
    ['POST', '/parse/async'],
    ['DELETE', '/parser_runs/r'],
    ['GET', '/nothing'],
  ])('is not found for %s %s, in the words of a web server', async (method, path) => {
    const { status, body } = await callNew(emulator, method, path, method === 'GET' ? undefined : {});
    expect([status, body]).toEqual([404, `Cannot ${method} ${path}`]);
  });

  it('and no version that the emulator does not know', async () => {
    const headers = { authorization: 'Bearer k', 'x-extend-api-version': '2024-01-01' };
    const { status, body } = await call(emulator, 'GET', '/parse_runs/r', undefined, { headers });
    expect([status, body.error]).toEqual([400, expect.stringMatching(/2025-04-21 or 2026-02-09, got 2024-01-01$/)]);
  });
});

describe('a refused create', () => {
  const tags = (value: unknown) => ({ metadata: { 'extend:usage_tags': value } });
  it.each<readonly [object, string]>([
    [{ file: {} }, 'file must have exactly one of url and id'],
    [{ file: { url: OK, id: 'file_1' } }, 'file must have exactly one of url and id'],
    [{ file: { fileUrl: OK } }, 'file must have exactly one of url and id'],
    [{ file: { url: OK, settings: { password: 7 } } }, 'file.settings.password must be a non-empty string'],
    [{ file: { url: OK, settings: 'p' } }, 'file.settings is required and must be an object'],
    [{ metadata: 'text' }, 'metadata must be an object'],
    [{ metadata: [] }, 'metadata must be an object'],
    [{ metadata: { a: 'x'.repeat(10_240) } }, 'metadata must have at most 10240 bytes as JSON'],
    [tags('a'), 'metadata.extend:usage_tags must be a list of tags'],
    [tags(['a', 'b c']), 'metadata.extend:usage_tags must be a list of tags'],
    [tags(['']), 'metadata.extend:usage_tags must be a list of tags'],
    [{ dataRetention: 'zero' }, 'dataRetention.mode must be workspace_default or zero'],
    [{ dataRetention: { mode: 'none' } }, 'dataRetention.mode must be workspace_default or zero'],
  ])('%j', async (fields, message) => {
    const before = emulator.runs.length;
    const { status, body } = await callNew(emulator, 'POST', '/parse_runs', { file: { url: OK }, ...fields });
    expect([status, body.message]).toEqual([400, expect.stringContaining(message)]);
    expect(body).toMatchObject({
      code: 'INVALID_REQUEST',
      retryable: false,
      requestId: expect.stringMatching(/^req_/),
    });
    expect(isExtendError(body)).toBe(true);
    expect(emulator.runs).toHaveLength(before);
  });

  it('is none with metadata of exactly 10 KB, and with the retention of the workspace', async () => {
    const metadata = { a: 'x'.repeat(10_240 - '{"a":""}'.length) };
    const id = await createRun(emulator, OK, { metadata, dataRetention: { mode: 'workspace_default' } });
    expect((await callNew(emulator, 'GET', `/parse_runs/${id}`)).body.metadata).toEqual(metadata);
  });
});

describe('zero retention', () => {
  const start = async (zeroRetention: 'kept' | 'deletedAfterResult' | 'refused') => {
    const own = await startEmulator({ zeroRetention });
    const body = { file: { url: 'http://emulator.invalid/ok' }, dataRetention: { mode: 'zero' } };
    const { status, body: run } = await callNew(own, 'POST', '/parse_runs', body);
    const read = (type: string) => callNew(own, 'GET', `/parse_runs/${run.id}?responseType=${type}`);
    return { status, message: run.message, read, [Symbol.asyncDispose]: () => own.close() };
  };

  it('keeps the run', async () => {
    await using run = await start('kept');
    for (const type of ['url', 'url', 'json', 'json']) expect((await run.read(type)).status).toBe(200);
  });

  it.each(['url', 'json'])('deletes the run after an answer with its result: %s', async (type) => {
    await using run = await start('deletedAfterResult');
    expect((await run.read(type)).body.status).toBe('PROCESSING');
    const { body } = await run.read(type);
    expect(body.status).toBe('PROCESSED');
    expect((await run.read(type)).status).toBe(404);
    // The URL of the output stays valid.
    if (type === 'url')
      expect(await (await fetch(body.outputUrl)).json()).toMatchObject({ chunks: [{ type: 'page' }] });
  });

  it('is refused', async () => {
    await using run = await start('refused');
    expect([run.status, run.message]).toEqual([400, expect.stringContaining('Zero data retention is not available')]);
  });
});

describe('cancel', () => {
  it('ends a run that is really parsed, and the run stays cancelled', async () => {
    let answer = () => undefined as unknown;
    await using origin = await startOddServer((_, response) => (answer = () => response.writeHead(404).end()));
    const id = await createRun(emulator, `${origin.url}/a.pdf`);
    await until(() => origin.requests.length === 1);
    expect((await callNew(emulator, 'POST', `/parse_runs/${id}/cancel`)).body).toMatchObject({
      id,
      status: 'CANCELLED',
    });
    answer();
    const failing = await createRun(emulator, `${origin.url}/b.pdf`);
    await until(() => origin.requests.length === 2);
    answer();
    await until(async () => (await callNew(emulator, 'GET', `/parse_runs/${failing}`)).body.status === 'FAILED');
    const { body } = await callNew(emulator, 'GET', `/parse_runs/${id}`);
    expect(body).toMatchObject({ status: 'CANCELLED', output: null, failureReason: null, metrics: null });
    expect(emulator.runs.find((run) => run.id === id)).toMatchObject({ status: 'CANCELLED', credits: 0 });
  });

  it.each(['ok?reads=0', 'failing?reads=0', 'ended-at-once'])(
    'is refused for a run that has ended: %s',
    async (name) => {
      const id = await createRun(emulator, `http://emulator.invalid/${name}`);
      const { status: end } = (await callNew(emulator, 'GET', `/parse_runs/${id}`)).body;
      const { status, body } = await callNew(emulator, 'POST', `/parse_runs/${id}/cancel`);
      expect([status, body.message]).toEqual([
        400,
        `Only a run that is PROCESSING can be cancelled, this one is ${end}`,
      ]);
    },
  );

  it('uses up the replies of a script', async () => {
    const id = await createRun(emulator, 'http://emulator.invalid/faulty-calls');
    const cancel = async () => (await callNew(emulator, 'POST', `/parse_runs/${id}/cancel`)).status;
    expect([await cancel(), await cancel(), await cancel()]).toEqual([409, 200, 400]);
  });
});

describe('a scripted document', () => {
  it.each([
    ['explained', 'OCR_ERROR', 'page 3 is empty'],
    ['unexplained', 'OCR_ERROR', null],
    ['failed-in-words', 'CORRUPT_FILE', 'no end: none'],
  ])('has its failure and the explanation: %s', async (name, failureReason, failureMessage) => {
    const id = await createRun(emulator, `http://emulator.invalid/${name}`);
    const { body } = await callNew(emulator, 'GET', `/parse_runs/${id}`);
    expect(body).toMatchObject({ status: 'FAILED', failureReason, failureMessage, output: null, usage: null });
  });

  it('is opened by its password only, in a run of the older version by none', async () => {
    const url = 'http://emulator.invalid/locked';
    const statusOf = async (id: string) => (await callNew(emulator, 'GET', `/parse_runs/${id}`)).body.status;
    const withPassword = (password: string) => ({ file: { url, settings: { password } } });
    expect(await statusOf(await createRun(emulator, url, withPassword('open sesame')))).toBe('PROCESSED');
    expect(await statusOf(await createRun(emulator, url, withPassword('wrong')))).toBe('FAILED');
    expect(await statusOf(await createRun(emulator, url))).toBe('FAILED');
    expect(await statusOf(await submitUrl(emulator, url))).toBe('FAILED');
  });

  it('uses up the replies to downloads', async () => {
    const id = await createRun(emulator, 'http://emulator.invalid/faulty-download');
    const { outputUrl } = (await callNew(emulator, 'GET', `/parse_runs/${id}?responseType=url`)).body;
    const statuses: number[] = [];
    for (let at = 0; at < 3; at += 1) statuses.push((await fetch(outputUrl)).status);
    expect(statuses).toEqual([403, 500, 200]);
    expect(emulator.requests.at(-1)).toMatchObject({ operation: 'content', runId: id, script: 'faulty-download' });
  });
});

describe('the URL of an output', () => {
  it('needs its signature, and leads to the output of its run only', async () => {
    const [id, other] = [await createRun(emulator, OK), await createRun(emulator, `${OK}&other`)];
    const { outputUrl } = (await callNew(emulator, 'GET', `/parse_runs/${id}?responseType=url`)).body;
    expect((await fetch(outputUrl)).status).toBe(200);
    for (const wrong of [
      outputUrl.replace(id, other),
      outputUrl.replace(/signature=./, 'signature=x'),
      outputUrl.replace(/expires=\d/, 'expires=9'),
      outputUrl.replace(/\?.*/, ''),
    ]) {
      expect((await fetch(wrong)).status).toBe(403);
    }
  });

  it('expires', () => {
    const urls = new PresignedUrls('secret');
    const path = '/presigned/runs/r/output';
    const { searchParams } = new URL(urls.create('http://h', path));
    expect(() => urls.check(path, Object.fromEntries(searchParams))).not.toThrow();
    const expires = String(Date.now() - 1);
    const signature = createHmac('sha256', 'secret').update(`${path}\n${expires}`).digest('hex');
    expect(() => urls.check(path, { expires, signature })).toThrow('The URL has expired');
  });
});
