import { request as httpRequest } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import { defined } from '../../../json';
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
  type EmulatorRequest,
  type Reply,
} from '../../../local/extend';
import { API_HEADERS, call, submitUrl } from './api-call';

const OK = 'http://emulator.invalid/ok?reads=0';

let emulator: Emulator | undefined;
afterEach(async () => {
  await emulator?.close();
});

async function emulatorWith(faults: (request: EmulatorRequest) => Reply | undefined): Promise<Emulator> {
  emulator = await startEmulator({ faults });
  return emulator;
}

/** Starts an emulator that gives this reply to the first request for a result. */
function withResultReply(reply: Reply): Promise<Emulator> {
  let replied = false;
  return emulatorWith((request) => {
    if (request.operation !== 'result' || replied) return undefined;
    replied = true;
    return reply;
  });
}

async function fetchResult(from: Emulator, init: RequestInit = {}): Promise<Response> {
  const id = await submitUrl(from, OK);
  return fetch(`${from.url}/parser_runs/${id}`, { headers: API_HEADERS, ...init });
}

function submit(to: Emulator, init: RequestInit = {}): Promise<Response> {
  const headers = { ...API_HEADERS, 'content-type': 'application/json' };
  return fetch(`${to.url}/parse/async`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ file: { fileUrl: OK } }),
    ...init,
  });
}

describe('an answer', () => {
  it('can have any status, headers and body', async () => {
    const server = await withResultReply(
      httpReply({ status: 418, headers: { 'x-odd': 'yes' }, json: { code: 'TEAPOT' } }),
    );
    const answer = await fetchResult(server);
    expect([answer.status, answer.headers.get('x-odd'), await answer.json()]).toEqual([418, 'yes', { code: 'TEAPOT' }]);
  });

  it.each([
    ['seconds', 7, '7'],
    ['a date', new Date(0), 'Thu, 01 Jan 1970 00:00:00 GMT'],
    ['nonsense', 'soon', 'soon'],
    ['nothing', undefined, null],
  ])('can be a 429 with Retry-After as %s', async (_, retryAfter, header) => {
    const server = await withResultReply(rateLimitedReply(defined({ retryAfter })));
    const answer = await fetchResult(server);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, header]);
  });

  it('can be a 200 that is HTML', async () => {
    const answer = await fetchResult(await withResultReply(htmlReply()));
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('<html>')]);
  });

  it('can be the natural one with another content type, or with extra fields', async () => {
    const plain = await fetchResult(await withResultReply(wrongContentTypeReply()));
    expect(plain.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    await emulator?.close();
    const extended = await fetchResult(await withResultReply(naturalReply({ extraFields: { warning: 'old' } })));
    expect(await extended.json()).toMatchObject({ success: true, warning: 'old', parserRun: { status: 'PROCESSED' } });
  });

  it('can be a natural one of any size', async () => {
    const answer = await fetchResult(await withResultReply(paddedReply({ bytes: 3_000_000 })));
    const text = await answer.text();
    expect(text.length).toBeGreaterThan(3_000_000);
    expect(JSON.parse(text)).toMatchObject({ success: true });
  });
});

describe('an error of the emulator itself', () => {
  it('is answered with 500, and the next request is served', async () => {
    let thrown = 0;
    const server = await emulatorWith(() => {
      if (thrown++ === 0) throw new Error('chooser failed');
      return undefined;
    });
    const failed = await submit(server);
    expect([failed.status, await failed.json()]).toEqual([500, expect.objectContaining({ success: false })]);
    expect(await server.waitFor(({ index, outcome }) => index === 0 && outcome !== 'pending')).toMatchObject({
      outcome: 'answered',
      responseStatus: 500,
    });
    expect((await submit(server)).status).toBe(200);
  });
});

describe('spoiled bodies', () => {
  it('a body that is sent slowly arrives complete, after its headers', async () => {
    const server = await withResultReply(dripReply({ pieceBytes: 400, everyMs: 5 }));
    const answer = await fetchResult(server);
    const reader = answer.body?.getReader();
    const first = await reader?.read();
    expect(first?.value?.byteLength).toBeLessThan(Number(answer.headers.get('content-length')));
    let bytes = first?.value?.byteLength ?? 0;
    for (let part = await reader?.read(); part?.done === false; part = await reader?.read())
      bytes += part.value.byteLength;
    expect(bytes).toBe(Number(answer.headers.get('content-length')));
  });

  it('a body that is cut in its framing fails while it is received', async () => {
    const answer = await fetchResult(await withResultReply(truncatedReply()));
    expect(answer.status).toBe(200);
    await expect(answer.text()).rejects.toThrow();
  });

  it('a body that is cut in its JSON is received but is not JSON', async () => {
    const answer = await fetchResult(await withResultReply(truncatedReply({ how: 'json' })));
    const text = await answer.text();
    expect(text.startsWith('{"success":true')).toBe(true);
    expect(() => JSON.parse(text)).toThrow(SyntaxError);
  });

  it.each([0, 5])('a body never ends, with a pause of %d ms', async (everyMs) => {
    const server = await withResultReply(endlessReply({ everyMs }));
    const stop = new AbortController();
    const answer = await fetchResult(server, { signal: stop.signal });
    const reader = answer.body?.getReader();
    for (let part = 0; part < 10; part += 1) expect((await reader?.read())?.done).toBe(false);
    stop.abort();
    const request = await server.waitFor(({ operation, outcome }) => operation === 'result' && outcome !== 'pending');
    expect(request.outcome).toBe('abandoned');
  });
});

describe('lost answers', () => {
  it.each([
    ['a reset before the request takes effect creates nothing', resetReply(), 0],
    ['a reset after it creates the run', resetReply({ acted: true }), 1],
  ])('%s', async (_, reply, runs) => {
    const server = await emulatorWith(({ operation }) => (operation === 'submit' ? reply : undefined));
    await expect(submit(server)).rejects.toThrow();
    expect(server.runs).toHaveLength(runs);
    expect(server.requests).toMatchObject([{ operation: 'submit', outcome: 'reset' }]);
    expect(server.requests[0]).not.toHaveProperty('responseStatus');
  });

  it('the client sees a reset as ECONNRESET', async () => {
    const server = await emulatorWith(() => resetReply());
    const error = await new Promise<NodeJS.ErrnoException>((resolve) => {
      httpRequest(server.url).on('error', resolve).end();
    });
    expect(error.code).toBe('ECONNRESET');
  });

  it.each([
    ['creates nothing', hangReply(), 0],
    ['creates the run if the request takes effect', hangReply({ acted: true }), 1],
  ])('a hang %s, until the client gives up', async (_, reply, runs) => {
    const server = await emulatorWith(({ operation }) => (operation === 'submit' ? reply : undefined));
    const stop = new AbortController();
    const answer = submit(server, { signal: stop.signal });
    await server.waitFor(({ outcome }) => outcome === 'hung');
    stop.abort();
    await expect(answer).rejects.toThrow('aborted');
    expect(server.runs).toHaveLength(runs);
    await server.waitFor(({ outcome }) => outcome === 'abandoned');
  });

  it('closing ends hanging connections', async () => {
    const server = await emulatorWith(() => hangReply());
    const answer = submit(server).catch((error: Error) => error.message);
    await server.waitFor(({ outcome }) => outcome === 'hung');
    await server.close();
    expect(await answer).toBe('fetch failed');
  });
});

describe('choosing faults', () => {
  it('a chooser gets the parsed request, and can hold it until it decides', async () => {
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    emulator = await startEmulator({
      faults: async ({ operation, script, bodyJson }) => {
        expect({ operation, script, bodyJson }).toEqual({
          operation: 'submit',
          script: 'ok',
          bodyJson: { file: { fileUrl: OK } },
        });
        await released;
        return undefined;
      },
    });
    const answer = submit(emulator);
    await emulator.waitFor(({ operation }) => operation === 'submit');
    expect(emulator.runs).toHaveLength(0);
    release();
    expect((await answer).status).toBe(200);
    expect(emulator.runs).toHaveLength(1);
  });

  it('a fault uses up no entry of a script', async () => {
    const server = await emulatorWith(({ index }) => (index === 0 ? httpReply({ status: 500, json: {} }) : undefined));
    const file = { fileUrl: 'http://emulator.invalid/rate-limited' };
    const statuses: number[] = [];
    for (let n = 0; n < 4; n += 1) statuses.push((await call(server, 'POST', '/parse/async', { file })).status);
    expect(statuses).toEqual([500, 429, 429, 200]);
  });

  it('a delay comes before the answer', async () => {
    const server = await withResultReply(naturalReply({ delayMs: 150 }));
    const startedAtMs = performance.now();
    await fetchResult(server);
    expect(performance.now() - startedAtMs).toBeGreaterThan(140);
  });
});
