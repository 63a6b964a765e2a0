/** Risk tested here: what depends on the caller differs from Extend: keys, workspaces, rate limits, methods, encodings. */
import { gzipSync, brotliCompressSync, deflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startEmulator, type Emulator } from '../../../local/extend';
import { API_HEADERS, call, callNew, createRun, submitUrl, upload } from './api-call';

const SCRIPTED = 'http://emulator.invalid/ok';

/** Makes a call of version 2025-04-21 with a key, and perhaps with a workspace. */
function callWith(emulator: Emulator, key: string, method: string, path: string, json?: unknown, workspace?: string) {
  const headers = {
    ...API_HEADERS,
    authorization: `Bearer ${key}`,
    'content-type': 'application/json',
    ...(workspace !== undefined && { 'x-extend-workspace-id': workspace }),
  };
  return call(emulator, method, path, json, { headers });
}

describe('an emulator with keys', () => {
  let emulator: Emulator;
  beforeAll(async () => {
    emulator = await startEmulator({ apiKeys: ['sk_one', 'sk_two'] });
  });
  afterAll(() => emulator.close());

  it('refuses every other key, and does not repeat it', async () => {
    for (const key of ['sk_three', 'sk_one2', 'sk_tw']) {
      const { status, body } = await callWith(emulator, key, 'GET', '/files');
      expect([status, body]).toEqual([401, { success: false, error: 'Unauthorized: the API key is wrong' }]);
    }
    expect((await callWith(emulator, 'sk_two', 'GET', '/files')).status).toBe(200);
  });

  it('shows the runs and files of a key to this key only', async () => {
    const run = await callWith(emulator, 'sk_one', 'POST', '/parse/async', { file: { fileUrl: SCRIPTED } });
    const path = `/parser_runs/${run.body.id}`;
    expect((await callWith(emulator, 'sk_two', 'GET', path)).status).toBe(404);
    expect((await callWith(emulator, 'sk_two', 'DELETE', path)).status).toBe(404);
    expect((await callWith(emulator, 'sk_one', 'GET', path)).status).toBe(200);

    const made = await callWith(emulator, 'sk_one', 'POST', '/files', { name: 'a.txt', rawText: 'words' });
    const { id } = made.body.file;
    expect((await callWith(emulator, 'sk_two', 'GET', `/files/${id}`)).status).toBe(404);
    expect((await callWith(emulator, 'sk_two', 'POST', '/parse/async', { file: { fileId: id } })).status).toBe(404);
    expect((await callWith(emulator, 'sk_two', 'GET', '/files')).body.files).toEqual([]);
    expect((await callWith(emulator, 'sk_one', 'GET', '/files')).body.files).toHaveLength(1);
    expect((await callWith(emulator, 'sk_one', 'POST', '/parse/async', { file: { fileId: id } })).status).toBe(200);
  });

  it('must not have an empty key', async () => {
    await expect(startEmulator({ apiKeys: [''] })).rejects.toThrow('apiKeys must not have an empty key');
  });
});

describe('a workspace', () => {
  it('sees its own runs only, with any key', async () => {
    await using emulator = await startEmulator();
    const run = await callWith(emulator, 'a', 'POST', '/parse/async', { file: { fileUrl: SCRIPTED } }, 'ws_1');
    const path = `/parser_runs/${run.body.id}`;
    expect((await callWith(emulator, 'b', 'GET', path, undefined, 'ws_1')).status).toBe(200);
    expect((await callWith(emulator, 'a', 'GET', path, undefined, 'ws_2')).status).toBe(404);
    expect((await callWith(emulator, 'a', 'GET', path)).status).toBe(404);
  });

  it('sees its own runs in lists and batches', async () => {
    await using emulator = await startEmulator();
    await createRun(emulator, SCRIPTED);
    const headers = { ...API_HEADERS, 'x-extend-api-version': '2026-02-09', 'x-extend-workspace-id': 'ws_1' };
    const inputs = [{ file: { url: SCRIPTED } }];
    const json = { ...headers, 'content-type': 'application/json' };
    const batch = await call(emulator, 'POST', '/parse_runs/batch', { inputs }, { headers: json });
    expect(batch.status).toBe(200);
    expect((await call(emulator, 'GET', '/parse_runs', undefined, { headers })).body.data).toHaveLength(1);
    expect((await callNew(emulator, 'GET', '/parse_runs')).body.data).toHaveLength(1);
    expect((await call(emulator, 'GET', `/batch_runs/${batch.body.id}`, undefined, { headers })).status).toBe(200);
    expect((await callNew(emulator, 'GET', `/batch_runs/${batch.body.id}`)).status).toBe(404);
  });
});

describe('rate limits', () => {
  it('answer requests above the limit per second with 429 and Retry-After', async () => {
    await using emulator = await startEmulator({ rateLimits: { requestsPerSecond: 5 } });
    const answers = await Promise.all(Array.from({ length: 12 }, () => call(emulator, 'GET', '/files')));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThanOrEqual(2);
    expect(refused[0]?.headers.get('retry-after')).toBe('1');
    expect(refused[0]?.body.error).toBe('Rate limit exceeded');
  });

  it('answer runs above the limit per minute, and create none', async () => {
    await using emulator = await startEmulator({ rateLimits: { runsPerMinute: 2 } });
    const inputs = [{ file: { url: SCRIPTED } }, { file: { url: SCRIPTED } }];
    expect((await callNew(emulator, 'POST', '/parse_runs/batch', { inputs })).status).toBe(200);
    const refused = await callNew(emulator, 'POST', '/parse_runs', { file: { url: SCRIPTED } });
    expect([refused.status, refused.body.code, refused.body.retryable]).toEqual([429, 'RATE_LIMIT_EXCEEDED', true]);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(50);
    expect(emulator.runs).toHaveLength(2);
    expect((await callNew(emulator, 'GET', '/parse_runs')).status).toBe(200);
  });

  it('must be positive integers', async () => {
    await expect(startEmulator({ rateLimits: { runsPerMinute: 0 } })).rejects.toThrow(
      'runsPerMinute must be a positive integer, got 0',
    );
  });
});

describe('methods', () => {
  let emulator: Emulator;
  beforeAll(async () => {
    emulator = await startEmulator();
  });
  afterAll(() => emulator.close());

  it('HEAD is answered as GET, without the body', async () => {
    const id = await submitUrl(emulator, SCRIPTED);
    const head = await fetch(`${emulator.url}/parser_runs/${id}`, { method: 'HEAD', headers: API_HEADERS });
    expect([head.status, head.headers.get('content-type'), await head.text()]).toEqual([
      200,
      'application/json; charset=utf-8',
      '',
    ]);
  });

  it('OPTIONS names the methods of a path, without a key', async () => {
    const options = await fetch(`${emulator.url}/files`, { method: 'OPTIONS' });
    expect([options.status, options.headers.get('allow')]).toEqual([204, 'GET, HEAD, OPTIONS, POST']);
    expect((await fetch(`${emulator.url}/nothing`, { method: 'OPTIONS' })).status).toBe(404);
  });

  it('a method that a path does not have is answered with 405 and the methods that it has', async () => {
    for (const [method, path, allow] of [
      ['GET', '/parse/async', 'OPTIONS, POST'],
      ['PUT', '/files', 'GET, HEAD, OPTIONS, POST'],
      ['POST', '/parser_runs/parser_run_a', 'DELETE, GET, HEAD, OPTIONS'],
    ] as const) {
      const { status, headers, body } = await call(emulator, method, path);
      expect([status, headers.get('allow')]).toEqual([405, allow]);
      expect(body).toEqual({ success: false, error: `${path} has the methods ${allow}, got ${method}` });
    }
    expect((await callNew(emulator, 'PUT', '/parse_runs')).body).toMatchObject({
      code: 'INVALID_REQUEST',
      retryable: false,
    });
    expect((await callNew(emulator, 'POST', '/parse/async')).status).toBe(404);
  });

  it('a slash at the end of a path is ignored', async () => {
    const id = await submitUrl(emulator, SCRIPTED);
    expect((await call(emulator, 'GET', `/parser_runs/${id}/`)).body.parserRun.id).toBe(id);
    expect((await call(emulator, 'POST', '/parse/async/', { file: { fileUrl: SCRIPTED } })).status).toBe(200);
    expect((await fetch(`${emulator.url}/`, { headers: API_HEADERS })).status).toBe(404);
  });

  it('POST /files stores a text', async () => {
    const made = await call(emulator, 'POST', '/files', { name: 'note.txt', rawText: 'Tie up at both ends.' });
    expect(made.body.file).toMatchObject({ object: 'file', name: 'note.txt', type: 'TXT' });
    const parsed = await call(emulator, 'POST', '/parse', { file: { fileId: made.body.file.id } });
    expect(parsed.body.chunks[0].content).toBe('Tie up at both ends.');
    for (const wrong of [{ rawText: 'a' }, { name: 'a.txt' }, { name: 'a.txt', rawText: 'a', url: 'http://a' }]) {
      expect((await call(emulator, 'POST', '/files', wrong)).status).toBe(400);
    }
  });
});

describe('compressed bodies', () => {
  let emulator: Emulator;
  beforeAll(async () => {
    emulator = await startEmulator({ maxInputBytes: 100_000 });
  });
  afterAll(() => emulator.close());

  function send(body: Uint8Array, encoding: string) {
    const headers = { ...API_HEADERS, 'content-type': 'application/json', 'content-encoding': encoding };
    return call(emulator, 'POST', '/parse/async', undefined, { headers, body: new Uint8Array(body) });
  }

  const JSON_BODY = JSON.stringify({ file: { fileUrl: SCRIPTED } });

  it.each([
    ['gzip', gzipSync(JSON_BODY)],
    ['deflate', deflateSync(JSON_BODY)],
    ['br', brotliCompressSync(JSON_BODY)],
  ])('by %s are read', async (encoding, body) => {
    expect((await send(body, encoding)).status).toBe(200);
  });

  it('in an unknown encoding, broken or too large are refused', async () => {
    expect((await send(Buffer.from(JSON_BODY), 'zip')).status).toBe(415);
    expect((await send(Buffer.from(JSON_BODY), 'gzip')).status).toBe(400);
    const bomb = await send(gzipSync(Buffer.alloc(50_000_000, ' ')), 'gzip');
    expect([bomb.status, bomb.body.code]).toEqual([400, 'FILE_SIZE_TOO_LARGE']);
    expect((await upload(emulator, new TextEncoder().encode('next'), 'a.txt')).status).toBe(200);
  });
});
