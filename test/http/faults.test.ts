import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { API_VERSIONS, ParseApiError, type ApiVersion } from '../../contract/extend';
import {
  dripReply,
  endlessReply,
  hangReply,
  htmlReply,
  httpReply,
  naturalReply,
  paddedReply,
  rateLimitedReply,
  resetReply,
  startEmulator,
  truncatedReply,
  wrongContentTypeReply,
  type Emulator,
  type Reply,
} from '../../local/extend';
import { BodyTooLargeError, createExtendClient, type ExtendApi, type ExtendClient } from '../../http';
import { deadUrl } from '../support/free-port';
import { sendJson, startOddServer } from './odd-server';

const KEY = 'sk_test_SECRET';
const fileUrl = 'http://emulator.invalid/ok';
/** Long enough for a request to arrive on a busy machine. */
const LIMIT_MS = 2000;

let emulator: Emulator;
let client: ExtendClient;
let fault: Reply | undefined;
let runId: string;

beforeAll(async () => {
  emulator = await startEmulator({ faults: () => fault });
  client = createExtendClient({ apiKey: KEY, baseUrl: emulator.url });
  ({ runId } = await client.version('2025-04-21').submitParse({ file: { fileUrl } }));
});
beforeEach(() => {
  fault = undefined;
});
afterAll(() => emulator.close());

/** Every call that requires an answer, by name. `cancelRun` exists in version 2026-02-09 only. */
const callsOf = (extend: ExtendApi): Record<string, () => Promise<unknown> | undefined> => ({
  submitParse: () => extend.submitParse({ file: { fileUrl } }),
  pollRun: () => extend.pollRun(runId),
  readRun: () => extend.readRun(runId, { maxBodyBytes: 100_000 }),
  uploadFile: () => extend.uploadFile({ content: new Blob(['text']), fileName: 'a.txt' }),
  deleteRun: () => extend.deleteRun('parser_run_none'),
  deleteFile: () => extend.deleteFile('file_none'),
  cancelRun: () => extend.cancelRun?.(runId),
});
/** Calls that read the body of a success. */
const READING = ['submitParse', 'pollRun', 'readRun', 'uploadFile'];
const CALLS = [...READING, 'deleteRun', 'deleteFile'];
const inEveryVersion = (calls: readonly string[]) =>
  API_VERSIONS.flatMap((version) => calls.map((call) => [call, version] as const));
const ALL = [...inEveryVersion(CALLS), ['cancelRun', '2026-02-09'] as const];

/** Gives the error of a call, and checks that the call sent one request. */
async function errorOf(call: string, version: ApiVersion, reply: Reply): Promise<ParseApiError> {
  const before = emulator.requests.length;
  fault = reply;
  const error = await callsOf(client.version(version))
    [call]?.()
    ?.then(
      (answer) => new Error(`answered ${JSON.stringify(answer)}`),
      (thrown: unknown) => thrown,
    );
  expect(error).toBeInstanceOf(ParseApiError);
  expect(emulator.requests).toHaveLength(before + 1);
  expect((error as Error).message).not.toContain('SECRET');
  return error as ParseApiError;
}

describe.each(ALL)('%s of %s, with one answer', (call, version) => {
  // A poll that is refused with 400 or 422 sends a second request: see states.test.ts.
  const isSentAgain = (status: number) => call === 'pollRun' && [400, 422].includes(status);
  // Extend refuses to cancel a run that has ended: see the calls of version 2026-02-09.
  const isEnded = (status: number) => call === 'cancelRun' && [400, 409, 422].includes(status);
  const statuses = [400, 401, 402, 403, 405, 408, 409, 413, 422, 429, 500, 502, 503, 504, 529];

  it.each(statuses.filter((status) => !isSentAgain(status) && !isEnded(status)))(
    'fails with status %d',
    async (status) => {
      const json = { code: 'A_CODE', message: 'no', requestId: 'req_1', retryable: true };
      const error = await errorOf(call, version, httpReply({ status, json }));
      expect(error).toMatchObject({ kind: 'status', status, code: 'A_CODE', requestId: 'req_1' });
      expect(error.message).toMatch(new RegExp(`^Extend answered ${status} to (GET|POST|DELETE) /\\S+: A_CODE: no$`));
      expect(error.retryAfterMs).toBeUndefined();
    },
  );

  it('fails with the text of an HTML page that has an error status', async () => {
    const error = await errorOf(call, version, htmlReply({ status: 502 }));
    expect(error).toMatchObject({ kind: 'status', status: 502, requestId: expect.stringMatching(/^req_/) });
    expect(error.message).toMatch(/^Extend answered 502 to \S+ \S+: Something went wrong$/);
  });

  it('gives the wait that the answer asks for', async () => {
    expect(await errorOf(call, version, rateLimitedReply({ retryAfter: 7 }))).toMatchObject({
      status: 429,
      retryAfterMs: 7000,
    });
    expect((await errorOf(call, version, rateLimitedReply({ retryAfter: '1e9' }))).retryAfterMs).toBeUndefined();
    const date = await errorOf(call, version, rateLimitedReply({ retryAfter: new Date(Date.now() + 86_400_000) }));
    expect(date.retryAfterMs).toBe(300_000);
  });

  it.each([
    ['before the server acts on the request', resetReply()],
    ['after the server has acted on the request', resetReply({ acted: true })],
  ])('gets no answer if the connection is reset %s', async (_title, reply) => {
    expect(await errorOf(call, version, reply)).toMatchObject({ kind: 'noAnswer' });
  });

  it('does not follow a redirect', async () => {
    await using elsewhere = await startOddServer((_, response) => sendJson(response, {}));
    for (const status of [301, 302, 307, 308]) {
      const reply = httpReply({ status, headers: { location: `${elsewhere.url}/stolen` }, text: '' });
      expect(await errorOf(call, version, reply)).toMatchObject({ kind: 'status', status });
    }
    expect(elsewhere.requests).toEqual([]);
  });

  it('shows no secret of the answer', async () => {
    const message = `cannot load https://u:SECRET@h/a?sig=SECRET with key ${KEY} (Bearer ${KEY})`;
    const headers = { 'x-extend-request-id': `https://h/?SECRET` };
    const error = await errorOf(call, version, httpReply({ status: 500, headers, json: { message, code: KEY } }));
    expect(JSON.stringify({ ...error })).not.toContain('SECRET');
    const url = ['submitParse', 'uploadFile', 'cancelRun'].includes(call) ? 'https://***@h/a?***' : 'https://***@h/***';
    expect(error.message).toContain(`***: cannot load ${url} with key ***`);
  });

  it('shows no key of the answer in any text, for a key of any shape', async () => {
    const key = 'live.KEYCANARY+bbb/9';
    const headers = { 'x-extend-request-id': `req ${key}`, 'content-type': `text/${key}` };
    const echo = `${key} ${encodeURIComponent(key)} ${Buffer.from(`u:${key}`).toString('base64')}`;
    await using server = await startOddServer((request, response) => {
      const isRefused = request.url?.includes('refused') || request.method !== 'GET';
      response.writeHead(isRefused ? 401 : 200, headers);
      response.end(isRefused ? JSON.stringify({ code: key, message: echo, error: echo }) : `"${echo}`);
    });
    const keys = [key, () => ` ${key}\n`, async () => key];
    for (const apiKey of keys) {
      const failed = callsOf(createExtendClient({ apiKey, baseUrl: server.url }).version(version))[call]?.();
      const error: unknown = await failed?.catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(ParseApiError);
      const shown = inspect(Object.entries(error as object).filter(([name]) => name !== 'cause')) + String(error);
      expect(shown).not.toMatch(/CANARY/i);
      expect(shown).not.toContain(Buffer.from(key).toString('base64').slice(3, 15));
      expect(shown).toContain('***');
    }
  });

  it('fails with notReceived for a refused port and for an unknown host', async () => {
    for (const baseUrl of [await deadUrl(), 'http://nonexistent.invalid']) {
      const failed = callsOf(createExtendClient({ apiKey: KEY, baseUrl }).version(version))[call]?.();
      await expect(failed).rejects.toMatchObject({ name: 'ParseApiError', kind: 'notReceived' });
      await expect(failed).rejects.toThrow(/^no connection for \S+ \S+: E\w+/);
    }
  });
});

describe.each(inEveryVersion(READING))('%s of %s, with an odd answer', (call, version) => {
  it('gets no complete answer if the framing is cut off', async () => {
    expect(await errorOf(call, version, truncatedReply({ how: 'framing' }))).toMatchObject({ kind: 'noAnswer' });
  });

  it.each([
    ['JSON that is cut off', truncatedReply({ how: 'json' })],
    ['an HTML page with status 200', htmlReply({ status: 200 })],
    ['an empty body', httpReply({ status: 200, text: '' })],
    ['status 204', httpReply({ status: 204, text: '' })],
    ['words', httpReply({ status: 200, text: 'OK' })],
  ])('cannot read %s', async (_title, reply) => {
    const error = await errorOf(call, version, reply);
    expect(error).toMatchObject({ kind: 'unreadable', requestId: expect.stringMatching(/^req_/) });
    expect(error.message).toMatch(
      /^unreadable answer to \S+ \S+ \[status=20[04], content-type=\S+( charset=utf-8)?\]: the body /,
    );
  });

  it('reads right JSON with a wrong content type, and with unknown fields', async () => {
    fault = wrongContentTypeReply('text/html');
    expect(await callsOf(client.version(version))[call]?.()).toBeDefined();
    fault = naturalReply({ extraFields: { more: null } });
    expect(await callsOf(client.version(version))[call]?.()).toBeDefined();
  });
});

describe('the time limit of a call', () => {
  it.each([
    ['no answer comes', hangReply(), ALL],
    ['the body drips', dripReply({ pieceBytes: 1, everyMs: 50 }), inEveryVersion(READING)],
    ['the body does not end', endlessReply({ everyMs: 20 }), inEveryVersion(READING)],
  ])('ends it when %s', async (_title, reply, calls) => {
    const before = emulator.requests.length;
    fault = reply;
    const limits = { statusTimeoutMs: LIMIT_MS, submitTimeoutMs: LIMIT_MS, fetchTimeoutMs: LIMIT_MS };
    const hasty = createExtendClient({ apiKey: KEY, baseUrl: emulator.url, ...limits });
    const startedAt = performance.now();
    await Promise.all(
      calls.map(async ([call, version]) => {
        const failed = callsOf(hasty.version(version))[call]?.();
        await expect(failed).rejects.toMatchObject({ kind: 'noAnswer', message: expect.stringContaining('timeout') });
        expect(performance.now() - startedAt).toBeGreaterThan(LIMIT_MS - 50);
      }),
    );
    expect(emulator.requests).toHaveLength(before + calls.length);
  });
});

const SMALL = ['submitParse', 'pollRun', 'uploadFile'];
describe.each(inEveryVersion(SMALL))('%s of %s, with an answer that breaks the contract', (call, version) => {
  it.each([{}, [], null, 7, 'PROCESSED', { success: false, error: 'x' }])('cannot read %j', async (json) => {
    expect(await errorOf(call, version, httpReply({ status: 200, json }))).toMatchObject({
      kind: 'unreadable',
      status: 200,
    });
  });
});

describe('a body that is too large', () => {
  it.each(inEveryVersion(['submitParse', 'uploadFile']))('is not held in memory by %s of %s', async (call, version) => {
    const error = await errorOf(call, version, paddedReply({ bytes: 1_100_000 }));
    expect(error).toBeInstanceOf(BodyTooLargeError);
    expect(error).toMatchObject({ kind: 'unreadable', limitBytes: 1_048_576 });
    expect(await errorOf(call, version, endlessReply())).toBeInstanceOf(BodyTooLargeError);
  });

  it('is measured exactly in bytes', async () => {
    const body = { id: 'r', status: 'PROCESSED', chunks: [{ content: 'ä€😀' }] };
    const bytes = Buffer.byteLength(JSON.stringify(body));
    await using server = await startOddServer((_, response) => sendJson(response, body));
    const extend = createExtendClient({ apiKey: KEY, baseUrl: server.url }).version('2025-04-21');
    const collected = await extend.readRun('r', { maxBodyBytes: bytes });
    expect(collected.decode().chunks).toEqual(body.chunks);
    const failed = extend.readRun('r', { maxBodyBytes: bytes - 1 });
    await expect(failed).rejects.toBeInstanceOf(BodyTooLargeError);
    await expect(failed).rejects.toThrow(`the answer's body is larger than ${bytes - 1} bytes`);
  });

  it('is measured after decompression, and not by Content-Length', async () => {
    const packed = gzipSync(JSON.stringify({ text: 'x'.repeat(1_000_000) }));
    await using server = await startOddServer((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': packed.byteLength }).end(packed);
    });
    const extend = createExtendClient({ apiKey: KEY, baseUrl: server.url }).version('2025-04-21');
    expect(packed.byteLength).toBeLessThan(10_000);
    await expect(extend.readRun('r', { maxBodyBytes: 10_000 })).rejects.toBeInstanceOf(BodyTooLargeError);
  });

  it('is measured by the bytes that arrive, not by Content-Length alone', async () => {
    await using server = await startOddServer((_, response) => {
      response.writeHead(200, { 'content-length': 9_000_000_000 });
      response.write('{"a":1}', () => response.destroy());
    });
    const extend = createExtendClient({ apiKey: KEY, baseUrl: server.url }).version('2025-04-21');
    await expect(extend.readRun('r', { maxBodyBytes: 1000 })).rejects.toMatchObject({ kind: 'noAnswer' });
  });

  it('of an error is read only up to a limit', async () => {
    await using server = await startOddServer((_, response) => {
      response.writeHead(503);
      response.write(`<title>busy</title>${'x'.repeat(20_000)}`);
    });
    const extend = createExtendClient({ apiKey: KEY, baseUrl: server.url }).version('2025-04-21');
    // If the body were read until the time limit, the error would have no text.
    await expect(extend.pollRun('r')).rejects.toMatchObject({
      status: 503,
      message: expect.stringContaining('busy'),
    });
  });
});

describe('an error whose body never ends', () => {
  it('fails with its status at the end of the time limit', async () => {
    await using server = await startOddServer((_, response) => response.writeHead(503).write('{"error":'));
    const extend = createExtendClient({ apiKey: KEY, baseUrl: server.url, statusTimeoutMs: LIMIT_MS }).version(
      '2025-04-21',
    );
    await expect(extend.pollRun('r')).rejects.toMatchObject({ kind: 'status', status: 503 });
  });
});
