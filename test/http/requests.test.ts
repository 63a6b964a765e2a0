import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startEmulator, type Emulator } from '../../local/extend';
import { API_VERSIONS, type ApiVersion } from '../../contract/extend';
import { createExtendClient, type ExtendApi, type ExtendClientOptions } from '../../http';
import { sendJson, startOddServer } from './odd-server';

const fileUrl = 'http://emulator.invalid/ok';

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator();
});
afterAll(() => emulator.close());

const clientWith = (options: Partial<ExtendClientOptions> = {}) =>
  createExtendClient({ apiKey: 'sk_test', baseUrl: emulator.url, ...options });
const apiWith = (options: Partial<ExtendClientOptions> = {}, version: ApiVersion = '2025-04-21') =>
  clientWith(options).version(version);
const lastRequest = () => emulator.requests.at(-1);

/** Gives the requests that the work sends. */
async function requestsOf(work: () => Promise<unknown>) {
  const before = emulator.requests.length;
  await work();
  return emulator.requests.slice(before);
}

describe('createExtendClient', () => {
  it('has the documented limits', () => {
    expect(clientWith().timeouts).toEqual({ statusMs: 20_000, submitMs: 60_000, fetchMs: 300_000 });
    const client = clientWith({ statusTimeoutMs: 1, submitTimeoutMs: 2, fetchTimeoutMs: 3 });
    expect(client.timeouts).toEqual({ statusMs: 1, submitMs: 2, fetchMs: 3 });
  });

  it.each(['statusTimeoutMs', 'submitTimeoutMs', 'fetchTimeoutMs'])('checks %s', (name) => {
    for (const value of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2_147_483_648]) {
      const rule = `^${name} must be a whole number of milliseconds from 1 to \\d+, got ${value}$`;
      expect(() => clientWith({ [name]: value })).toThrow(RangeError);
      expect(() => clientWith({ [name]: value })).toThrow(new RegExp(rule));
    }
  });

  it.each(['', 'api.extend.ai', 'ftp://host', '/v1', 'file:///tmp'])('refuses the base URL %j', (baseUrl) => {
    const message = `baseUrl must be an absolute http(s) URL, got '${baseUrl}'`;
    expect(() => clientWith({ baseUrl })).toThrow(new TypeError(message));
  });

  it.each([
    ['https://user:SECRET@host', 'https://***@host'],
    ['https://host/?token=SECRET', 'https://host/?***'],
    ['https://host/#SECRET', 'https://host/?***'],
  ])('refuses the base URL %j without showing its secret', (baseUrl, shown) => {
    const message = `baseUrl must have no user name, password, query or fragment, got '${shown}'`;
    expect(() => clientWith({ baseUrl })).toThrow(new TypeError(message));
  });

  it.each(['', ' ', 'a b', 'a\r\nx-evil: 1', 'é'])('refuses the workspace id %j', (workspaceId) => {
    expect(() => clientWith({ workspaceId })).toThrow(TypeError);
  });

  it('opens no connection by itself', async () => {
    expect(await requestsOf(async () => clientWith())).toEqual([]);
  });
});

describe('each call sends one request', () => {
  it('submits', async () => {
    const config = { target: 'spatial', blockOptions: { text: {} } };
    const file = { fileUrl, fileName: 'a.pdf' };
    const requests = await requestsOf(() => apiWith().submitParse({ file, config }));
    expect(requests).toMatchObject([{ method: 'POST', path: '/parse/async', query: {}, bodyJson: { file, config } }]);
    expect(requests[0]?.headers['content-type']).toBe('application/json');
  });

  it('polls a run, then reads it with its content', async () => {
    const client = apiWith();
    const { runId, status } = await client.submitParse({ file: { fileUrl } });
    expect(status).toBe('PROCESSING');
    const [read] = await requestsOf(() => client.pollRun(runId));
    expect(read).toMatchObject({ method: 'GET', path: `/parser_runs/${runId}`, query: { responseType: 'url' } });
    expect(await client.pollRun(runId)).toEqual({ runId, status: 'PROCESSED' });
    const [fetched] = await requestsOf(async () => {
      const run = await client.readRun(runId, { maxBodyBytes: 100_000 });
      expect(run.decode()).toMatchObject({ id: runId, chunks: [{ type: 'page' }] });
    });
    expect(fetched).toMatchObject({ path: `/parser_runs/${runId}`, query: { responseType: 'json' } });
  });

  it('uploads the bytes under their name, and deletes them', async () => {
    const client = apiWith();
    const bytes = Uint8Array.from({ length: 200_000 }, (_, at) => 32 + (at % 90));
    const fileName = 'Größe "1" – final.txt';
    const [upload] = await requestsOf(() => client.uploadFile({ content: new Blob([bytes]), fileName }));
    expect(upload).toMatchObject({ method: 'POST', path: '/files/upload', responseStatus: 200 });
    expect(upload?.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/);
    const stored = emulator.files.at(-1);
    expect(stored).toMatchObject({ name: fileName, bytes: bytes.byteLength, uploaded: true });
    const fileId = stored?.id ?? '';
    const file = await fetch(`${emulator.url}/files/${fileId}`, {
      headers: { authorization: 'Bearer x', 'x-extend-api-version': '2025-04-21' },
    });
    const { presignedUrl } = ((await file.json()) as { file: { presignedUrl: string } }).file;
    expect(new Uint8Array(await (await fetch(presignedUrl)).arrayBuffer())).toEqual(bytes);
    const [deletion] = await requestsOf(() => client.deleteFile(fileId));
    expect(deletion).toMatchObject({ method: 'DELETE', path: `/files/${fileId}`, responseStatus: 200 });
    expect(emulator.files.at(-1)).toMatchObject({ deleted: true });
  });

  it('deletes a run, and accepts that the run does not exist any more', async () => {
    const client = apiWith();
    const { runId } = await client.submitParse({ file: { fileUrl } });
    expect(await requestsOf(() => client.deleteRun(runId))).toMatchObject([{ method: 'DELETE', responseStatus: 200 }]);
    expect(await requestsOf(() => client.deleteRun(runId))).toMatchObject([{ method: 'DELETE', responseStatus: 404 }]);
    expect(await requestsOf(() => client.deleteFile('file_none'))).toMatchObject([{ responseStatus: 404 }]);
  });

  it.each([
    ['a page of HTML', '<html><h1>404 Not Found</h1></html>'],
    ['JSON of another server', '{"message":"Not Found"}'],
    ['nothing', ''],
    ['a version that was removed', '{"code":"ENDPOINT_REMOVED","message":"gone"}'],
  ])('does not take a 404 with %s for a deleted run or file', async (_title, body) => {
    await using server = await startOddServer((_, response) => response.writeHead(404).end(body));
    const client = apiWith({ baseUrl: server.url });
    for (const deletion of [client.deleteRun('r'), client.deleteFile('f')]) {
      await expect(deletion).rejects.toMatchObject({ kind: 'status', status: 404 });
    }
  });

  it('names the base URL without its secrets if a 404 does not come from Extend', async () => {
    await using server = await startOddServer((_, response) => response.writeHead(404).end('<h1>nginx</h1>'));
    const failed = apiWith({ baseUrl: `${server.url}/v1/` }).pollRun('r');
    await expect(failed).rejects.toThrow(
      `${server.url}/v1 (EXTEND_BASE_URL) does not serve Extend's API in version 2025-04-21 (EXTEND_API_VERSION): it answered 404 to GET /parser_runs/r, and not with an error of Extend: nginx`,
    );
  });

  it('names the version of the API that was removed', async () => {
    const json = { code: 'ENDPOINT_REMOVED', message: 'use a later one', requestId: 'req_1', retryable: false };
    await using server = await startOddServer((_, response) => response.writeHead(410).end(JSON.stringify(json)));
    const failed = apiWith({ baseUrl: server.url }).pollRun('r');
    await expect(failed).rejects.toMatchObject({ status: 410, code: 'ENDPOINT_REMOVED', requestId: 'req_1' });
    await expect(failed).rejects.toThrow(/no longer serves version 2025-04-21 of its API \(EXTEND_API_VERSION\)/);
  });

  it('encodes ids, so that no id leads to another path', async () => {
    const client = apiWith();
    await requestsOf(() => client.deleteRun('../files/x?y#z'));
    expect(lastRequest()).toMatchObject({ path: '/parser_runs/..%2Ffiles%2Fx%3Fy%23z', query: {} });
    await requestsOf(() => client.deleteFile('a/b'));
    expect(lastRequest()).toMatchObject({ path: '/files/a%2Fb' });
  });
});

describe('what each request carries', () => {
  const everyCall = (client: ExtendApi) => [
    () => client.submitParse({ file: { fileUrl } }),
    () => client.pollRun('r').catch(() => undefined),
    () => client.readRun('r', { maxBodyBytes: 1000 }).catch(() => undefined),
    () => client.uploadFile({ content: new Blob(['text']), fileName: 'a.txt' }),
    () => client.deleteRun('r'),
    () => client.deleteFile('f'),
    ...(client.cancelRun ? [() => client.cancelRun?.('r') ?? Promise.reject(new Error('no cancelRun'))] : []),
  ];

  it.each(API_VERSIONS)('is the key and the version %s', async (version) => {
    for (const work of everyCall(apiWith({ apiKey: ' sk_test\n' }, version))) {
      const [request] = await requestsOf(work);
      expect(request?.headers).toMatchObject({ authorization: 'Bearer sk_test', 'x-extend-api-version': version });
      expect(request?.headers).not.toHaveProperty('x-extend-workspace-id');
    }
  });

  it('is the workspace, if there is one', async () => {
    const works = API_VERSIONS.flatMap((version) => everyCall(apiWith({ workspaceId: 'ws_1' }, version)));
    expect(works).toHaveLength(13);
    for (const work of works) {
      const [request] = await requestsOf(work);
      expect(request?.headers).toMatchObject({ 'x-extend-workspace-id': 'ws_1' });
    }
  });

  it('is the current key', async () => {
    const keys = ['first', 'second'];
    const client = apiWith({ apiKey: async () => keys.shift() ?? 'last' });
    const sent = await requestsOf(async () => {
      for (let call = 0; call < 3; call += 1) await client.deleteFile('f');
    });
    expect(sent.map(({ headers }) => headers['authorization'])).toEqual([
      'Bearer first',
      'Bearer second',
      'Bearer last',
    ]);
  });
});

describe('the key that a request was sent with', () => {
  it('is hidden in its answer, even if many other keys were used in the meantime', async () => {
    let answerFirst = (): void => undefined;
    let cameFirst = (): void => undefined;
    const firstCame = new Promise<void>((resolve) => (cameFirst = resolve));
    await using server = await startOddServer((request, response) => {
      if (!request.url?.startsWith('/parser_runs/first'))
        return sendJson(response, { parserRun: { id: 'r', status: 'PROCESSING' } });
      const error = `Invalid key ${request.headers.authorization?.replace('Bearer ', '')}`;
      answerFirst = () => response.writeHead(401).end(JSON.stringify({ success: false, error }));
      cameFirst();
    });
    let keys = 0;
    const client = apiWith({ baseUrl: server.url, apiKey: () => `live.${(keys += 1)}.CANARY.0123456789` });
    const first = client.readRun('first', { maxBodyBytes: 1000 });
    await firstCame;
    for (let call = 0; call < 12; call += 1) await client.pollRun('r');
    answerFirst();
    await expect(first).rejects.toThrow(/Invalid key \*\*\*$/);
    expect(keys).toBe(13);
  });
});

describe('a base URL', () => {
  it.each(['', '/', '/gateway', '/gateway/', '/a/b//', ' '])('may end with %j', async (end) => {
    await using server = await startOddServer((_, response) =>
      sendJson(response, { parserRun: { id: 'r', status: 'PROCESSED' } }),
    );
    const client = apiWith({ baseUrl: server.url + end });
    await client.pollRun('r');
    expect(server.requests).toEqual([`GET ${end.trim().replace(/\/+$/, '')}/parser_runs/r?responseType=url`]);
  });
});

describe('a key that cannot be used', () => {
  it.each([
    ['blank', () => '  '],
    ['of two lines', () => 'SECRET\nSECRET'],
    ['with letters that no header may have', () => 'SECRETé'],
    ['missing', () => undefined as unknown as string],
  ])('%s fails with 401, without a request, and is not shown', async (_title, apiKey) => {
    const client = apiWith({ apiKey });
    const requests = await requestsOf(async () => {
      const failed = client.submitParse({ file: { fileUrl } });
      await expect(failed).rejects.toMatchObject({ name: 'ParseApiError', kind: 'status', status: 401 });
      await expect(failed).rejects.toThrow(/^the worker has no usable API key: /);
      await expect(failed).rejects.not.toThrow(/SECRET/);
    });
    expect(requests).toEqual([]);
  });

  it('is reported with the reason', async () => {
    const client = apiWith({
      apiKey: async () => {
        throw new Error('vault https://vault/key?token=SECRET is sealed, had sk_live_SECRET');
      },
    });
    await expect(client.pollRun('r')).rejects.toMatchObject({
      status: 401,
      message: 'the worker has no usable API key: Error: vault https://vault/key?*** is sealed, had sk_***',
    });
  });

  it('is waited for up to the time limit of the call, and nothing is sent', async () => {
    const client = apiWith({ apiKey: () => new Promise(() => undefined), submitTimeoutMs: 50 });
    const requests = await requestsOf(() =>
      expect(client.submitParse({ file: { fileUrl } })).rejects.toMatchObject({ kind: 'notReceived' }),
    );
    expect(requests).toEqual([]);
  });
});

describe('an answer', () => {
  it('may be compressed', async () => {
    await using server = await startOddServer((_, response) => {
      const run = { id: 'r', status: 'PROCESSED', failureReason: 'größer', chunks: [{ content: 'größer' }] };
      const body = gzipSync(JSON.stringify({ parserRun: run }));
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(body);
    });
    const client = apiWith({ baseUrl: server.url });
    expect(await client.pollRun('r')).toEqual({ runId: 'r', status: 'PROCESSED', failureReason: 'größer' });
    const collected = await client.readRun('r', { maxBodyBytes: 1000 });
    expect(collected.decode().chunks).toEqual([{ content: 'größer' }]);
  });

  it('may divide a character between two parts', async () => {
    const run = { id: 'r', status: 'PROCESSED', failureReason: 'ä€😀"\\', chunks: [{ content: 'ä€😀"\\' }] };
    const body = Buffer.from(JSON.stringify({ parserRun: run }));
    await using server = await startOddServer(async (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      for (const byte of body) await new Promise<void>((sent) => response.write(Buffer.of(byte), () => sent()));
      response.end();
    });
    const client = apiWith({ baseUrl: server.url });
    expect(await client.pollRun('r')).toMatchObject({ failureReason: 'ä€😀"\\' });
    const collected = await client.readRun('r', { maxBodyBytes: 1000 });
    expect(collected.decode().chunks).toEqual([{ content: 'ä€😀"\\' }]);
  });
});

describe('an abort', () => {
  it('ends a call with the reason of the signal, before and after the request was sent', async () => {
    await using server = await startOddServer(() => undefined);
    const client = apiWith({ baseUrl: server.url });
    const reason = new Error('no longer wanted');
    await expect(client.pollRun('r', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    for (const call of ['pollRun', 'deleteRun', 'deleteFile'] as const) {
      const abort = new AbortController();
      const failed = client[call]('r', { signal: abort.signal });
      const before = server.requests.length;
      while (server.requests.length === before) await new Promise((resolve) => setImmediate(resolve));
      abort.abort(reason);
      await expect(failed).rejects.toBe(reason);
    }
  });

  it('ends a call while its body arrives', async () => {
    await using server = await startOddServer((_, response) => response.writeHead(200).write('{"parserRun":'));
    const client = apiWith({ baseUrl: server.url });
    const abort = new AbortController();
    const failed = client.readRun('r', { signal: abort.signal, maxBodyBytes: 1000 });
    while (server.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
    abort.abort('enough');
    await expect(failed).rejects.toBe('enough');
  });

  it('ends the wait for a key', async () => {
    const client = apiWith({ apiKey: () => new Promise(() => undefined) });
    const abort = new AbortController();
    const failed = client.pollRun('r', { signal: abort.signal });
    abort.abort('enough');
    await expect(failed).rejects.toBe('enough');
  });
});
