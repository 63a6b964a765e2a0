import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startEmulator, type Emulator } from '../../../local/extend';
import { API_HEADERS, call, pollStates, submitUrl, upload } from './api-call';
import { Ledger } from '../../../local/extend/ledger';
import { isExtendError } from '../../../contract/extend';

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator();
});
afterAll(() => emulator.close());

const OK = 'http://emulator.invalid/ok';

describe('headers', () => {
  it('a call without a token is answered 401 with the plain error body', async () => {
    const answer = await call(emulator, 'GET', '/parser_runs/x', undefined, { headers: {} });
    expect(answer.status).toBe(401);
    expect(answer.body).toEqual({ success: false, error: expect.stringContaining('Authorization') });
  });

  it('a call with an empty token is answered 401', async () => {
    const headers = { ...API_HEADERS, authorization: 'Bearer ' };
    expect((await call(emulator, 'GET', '/parser_runs/x', undefined, { headers })).status).toBe(401);
  });

  it('a call without the version header is answered 400 and creates nothing', async () => {
    const before = emulator.runs.length;
    const answer = await call(
      emulator,
      'POST',
      '/parse/async',
      { file: { fileUrl: OK } },
      {
        headers: { authorization: API_HEADERS.authorization, 'content-type': 'application/json' },
      },
    );
    expect(answer.status).toBe(400);
    expect(answer.body.error).toContain('x-extend-api-version');
    expect(emulator.runs.length).toBe(before);
  });

  it('every answer carries a request id', async () => {
    const { headers } = await call(emulator, 'GET', '/files');
    expect(headers.get('x-extend-request-id')).toMatch(/^req_/);
  });
});

describe('POST /parse/async', () => {
  it('answers with the bare status object', async () => {
    const { status, body } = await call(emulator, 'POST', '/parse/async', { file: { fileUrl: `${OK}?bare` } });
    expect(status).toBe(200);
    expect(body).toEqual({ object: 'parser_run_status', id: expect.any(String), status: 'PROCESSING' });
    expect(body.id).toMatch(/^parser_run_[A-Za-z0-9_-]{21}$/);
  });

  it.each([
    ['neither locator', { file: {} }],
    ['both locators', { file: { fileUrl: OK, fileId: 'file_1' } }],
    ['no file', {}],
    ['an empty URL', { file: { fileUrl: '' } }],
    ['a list', []],
  ])('a body with %s is answered 400', async (_, body) => {
    const answer = await call(emulator, 'POST', '/parse/async', body);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ success: false, error: expect.any(String) });
  });

  it('an unknown file id is answered 404', async () => {
    expect((await call(emulator, 'POST', '/parse/async', { file: { fileId: 'file_unknown' } })).status).toBe(404);
  });

  it('a configuration that contradicts itself is answered 400 with its code', async () => {
    const config = { target: 'spatial', chunkingStrategy: { type: 'section' } };
    const { status, body } = await call(emulator, 'POST', '/parse/async', { file: { fileUrl: OK }, config });
    expect([status, body.code]).toEqual([400, 'INVALID_CONFIG_OPTIONS']);
  });
});

describe('GET /parser_runs/{id}', () => {
  it('answers in the envelope, with the status object while the run is in flight and the full object at its end', async () => {
    const id = await submitUrl(emulator, `${OK}?envelope`);
    const running = await call(emulator, 'GET', `/parser_runs/${id}`);
    expect(running.body).toEqual({
      success: true,
      parserRun: { object: 'parser_run_status', id, status: 'PROCESSING' },
    });
    const done = await call(emulator, 'GET', `/parser_runs/${id}`);
    expect(done.body.success).toBe(true);
    expect(done.body.parserRun).toMatchObject({
      object: 'parser_run',
      id,
      fileId: expect.stringMatching(/^file_[A-Za-z0-9_-]{21}$/),
      status: 'PROCESSED',
      metrics: { processingTimeMs: 1200, pageCount: 1 },
      usage: { credits: 2 },
    });
    expect(done.body.parserRun.chunks[0].content).toContain('# Statement');
  });

  it('answers with the effective configuration, with the documented defaults filled in', async () => {
    const config = { chunkingStrategy: { type: 'document' }, blockOptions: { tables: { targetFormat: 'html' } } };
    const id = await submitUrl(emulator, `${OK}?reads=0&config`, config);
    const { body } = await call(emulator, 'GET', `/parser_runs/${id}`);
    expect(body.parserRun.config).toEqual({
      target: 'markdown',
      chunkingStrategy: { type: 'document' },
      engine: 'parse_performance',
      blockOptions: {
        figures: { enabled: true, figureImageClippingEnabled: true },
        tables: { enabled: true, targetFormat: 'html', tableHeaderContinuationEnabled: false },
        text: { signatureDetectionEnabled: true },
      },
      advancedOptions: { pageRotationEnabled: true, agenticOcrEnabled: false },
    });
  });

  it('with responseType=url answers with presigned URLs that serve the content without a key', async () => {
    const id = await submitUrl(emulator, `${OK}?reads=0&url`);
    const { body } = await call(emulator, 'GET', `/parser_runs/${id}?responseType=url`);
    const [chunk] = body.parserRun.chunks;
    expect(chunk.blocks).toEqual([]);
    const content = await fetch(chunk.content);
    expect(content.status).toBe(200);
    expect(await content.text()).toContain('# Statement');
    expect((await fetch(chunk.content.replace('/chunks/0', '/chunks/1'))).status).toBe(403);
  });

  it('refuses another responseType and an unknown run', async () => {
    const id = await submitUrl(emulator, `${OK}?kinds`);
    expect((await call(emulator, 'GET', `/parser_runs/${id}?responseType=xml`)).status).toBe(400);
    const file = { fileUrl: OK };
    expect((await call(emulator, 'POST', '/parse?responseType=xml', { file })).status).toBe(400);
    const unknown = await call(emulator, 'GET', '/parser_runs/parser_run_unknown');
    expect([unknown.status, unknown.body.success]).toEqual([404, false]);
  });

  it('answers every 404 with an error of the API, so that it is not taken for a wrong base URL', async () => {
    for (const [method, path] of [
      ['GET', '/parser_runs/parser_run_unknown'],
      ['DELETE', '/parser_runs/parser_run_unknown'],
      ['GET', '/files/file_unknown'],
      ['DELETE', '/files/file_unknown'],
    ] as const) {
      const { status, body } = await call(emulator, method, path);
      expect([status, isExtendError(body)]).toEqual([404, true]);
    }
    const { status, body } = await call(emulator, 'POST', '/parse/async', { file: { fileId: 'file_unknown' } });
    expect([status, isExtendError(body)]).toEqual([404, true]);
  });

  it('answers an unknown path as a web server does, so that a wrong base URL is noticed', async () => {
    const answer = await fetch(`${emulator.url}/v1/parser_runs/parser_run_unknown`, {
      headers: { authorization: 'Bearer test', 'x-extend-api-version': '2025-04-21' },
    });
    expect([answer.status, await answer.text()]).toEqual([404, 'Cannot GET /v1/parser_runs/parser_run_unknown']);
  });

  it('the light engine costs three tenths of a credit per page', async () => {
    const id = await submitUrl(emulator, `${OK}?reads=0&pages=3&light`, { engine: 'parse_light' });
    expect((await call(emulator, 'GET', `/parser_runs/${id}`)).body.parserRun.usage).toEqual({ credits: 0.9 });
  });
});

describe('DELETE /parser_runs/{id}', () => {
  it('deletes once; afterwards the run is unknown but stays in the ledger', async () => {
    const id = await submitUrl(emulator, `${OK}?delete`);
    const { status, body } = await call(emulator, 'DELETE', `/parser_runs/${id}`);
    expect(status).toBe(200);
    expect(body).toEqual({
      success: true,
      parserRunId: id,
      message: 'Parser run data has been successfully deleted.',
    });
    expect((await call(emulator, 'GET', `/parser_runs/${id}`)).status).toBe(404);
    expect((await call(emulator, 'DELETE', `/parser_runs/${id}`)).status).toBe(404);
    expect(emulator.runs.find((run) => run.id === id)?.deleted).toBe(true);
  });
});

describe('POST /parse', () => {
  it('answers with the bare run', async () => {
    const { status, body } = await call(emulator, 'POST', '/parse', { file: { fileUrl: `${OK}?sync` } });
    expect([status, body.object, body.status]).toEqual([200, 'parser_run', 'PROCESSED']);
  });

  it('answers a failed document with its code and HTTP status', async () => {
    const answer = await call(emulator, 'POST', '/parse', { file: { fileUrl: 'http://emulator.invalid/failing' } });
    expect(answer.status).toBe(422);
    expect(answer.body).toMatchObject({ code: 'CORRUPT_FILE', retryable: false, requestId: expect.any(String) });
  });
});

describe('files', () => {
  const bytes = new TextEncoder().encode('# Title\n\nSome text.\n');

  it('an upload answers with the file, its type by content and empty contents', async () => {
    const { status, body } = await upload(emulator, bytes, 'note.md');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      success: true,
      file: {
        object: 'file',
        id: expect.stringMatching(/^file_[A-Za-z0-9_-]{21}$/),
        name: 'note.md',
        type: 'TXT',
        presignedUrl: null,
        contents: { rawText: null, markdown: null, pages: null, sheets: null },
      },
    });
  });

  it('a file has a presigned URL of its bytes, can be deleted, and is unknown afterwards', async () => {
    const { id } = (await upload(emulator, bytes, 'kept.md')).body.file;
    const { body } = await call(emulator, 'GET', `/files/${id}`);
    expect(await (await fetch(body.file.presignedUrl)).text()).toBe('# Title\n\nSome text.\n');
    expect((await call(emulator, 'DELETE', `/files/${id}`)).body).toMatchObject({ success: true, fileId: id });
    expect((await call(emulator, 'GET', `/files/${id}`)).status).toBe(404);
    expect((await call(emulator, 'DELETE', `/files/${id}`)).status).toBe(404);
    expect(emulator.files.find((file) => file.id === id)).toMatchObject({ uploaded: true, deleted: true });
  });

  it('files are listed page by page, newest first', async () => {
    for (const name of ['list-1.md', 'list-2.md', 'list-3.md']) await upload(emulator, bytes, name);
    const first = (await call(emulator, 'GET', '/files?nameContains=list-&maxPageSize=2')).body;
    expect(first.files.map((file: { name: string }) => file.name)).toEqual(['list-3.md', 'list-2.md']);
    const path = `/files?nameContains=list-&maxPageSize=2&nextPageToken=${first.nextPageToken}`;
    const second = (await call(emulator, 'GET', path)).body;
    expect(second.files.map((file: { name: string }) => file.name)).toEqual(['list-1.md']);
    expect(second.nextPageToken).toBeUndefined();
  });

  it.each([
    ['empty', new Uint8Array(), 'a.pdf', 'CORRUPT_FILE'],
    ['of no known type', new Uint8Array([1, 2, 3, 0, 4, 5]), 'a.bin', 'FILE_TYPE_NOT_SUPPORTED'],
    ['text named .pdf', bytes, 'a.pdf', 'CORRUPT_FILE'],
  ])('an upload that is %s is answered 400 with its code', async (_, content, name, code) => {
    const answer = await upload(emulator, content, name);
    expect([answer.status, answer.body.success, answer.body.code]).toEqual([400, false, code]);
  });

  it('an upload that is not a form is answered 400', async () => {
    expect((await call(emulator, 'POST', '/files/upload', { file: 'x' })).status).toBe(400);
  });
});

describe('the ledger', () => {
  it('records the operation, status and outcome of each request', async () => {
    const id = await submitUrl(emulator, `${OK}?ledger`);
    await pollStates(emulator, id, 1);
    await emulator.waitFor((request) => request.runId === id && request.outcome === 'answered');
    expect(emulator.requests.filter((request) => request.runId === id)).toMatchObject([
      { operation: 'read', method: 'GET', script: 'ok', responseStatus: 200, outcome: 'answered' },
    ]);
    expect(
      emulator.requests.find(({ operation, responseStatus }) => operation === 'submit' && responseStatus === 200),
    ).toMatchObject({
      path: '/parse/async',
      bodyJson: { file: { fileUrl: expect.any(String) } },
    });
  });

  it('keeps no body of a request that is refused for its headers, or whose JSON is too large', async () => {
    const send = async (authorization: string, path: string, text: string) => {
      const headers = { ...API_HEADERS, authorization, 'content-type': 'application/json' };
      const { status } = await fetch(emulator.url + path, { method: 'POST', headers, body: text });
      return [status, emulator.requests.at(-1)?.bodyJson, emulator.requests.at(-1)?.bodyBytes];
    };
    const { authorization } = API_HEADERS;
    const large = `"${'x'.repeat(4_000_000)}"`;
    expect(await send('Basic x', '/parse/async', '{"a":1}')).toEqual([401, undefined, 7]);
    expect(await send(authorization, '/parse/async', large)).toEqual([400, undefined, 4_000_002]);
    expect(await send(authorization, '/parse/async', '{"a":1}')).toEqual([400, { a: 1 }, 7]);
  });

  it('keeps JSON bodies of 8 MB in sum, and drops the oldest first', () => {
    const ledger = new Ledger();
    const sent = { apiVersion: '2025-04-21', method: 'POST', path: '/', query: {}, headers: {}, atMs: 0 } as const;
    const request = { operation: 'submit', ...sent } as const;
    const record = (bodyBytes: number) => ledger.record({ ...request, bodyJson: {}, bodyBytes });
    for (let count = 0; count < 22; count += 1) record(2_500_000);
    const kept = () => ledger.requests.flatMap(({ index, bodyJson }) => (bodyJson === undefined ? [] : index));
    expect(kept()).toEqual([19, 20, 21]);
    // At 200,000 requests, the older half is dropped with its bodies.
    for (let count = 22; count < 200_001; count += 1) record(1);
    expect(kept()).toHaveLength(100_001);
    for (let count = 0; count < 3; count += 1) record(2_500_000);
    expect(kept()).toHaveLength(100_004);
    record(500_000);
    expect(kept().at(0)).toBe(200_001);
  });

  it('listens on loopback only', () => {
    expect(emulator.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });
});
