import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createExtendClient, startTimeLimit, type ExtendApi } from '../../http';

/** Collects garbage, as a long-lived worker does from time to time. */
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const LIMIT_MS = 2_000;
const server = createServer((_, response: ServerResponse) => stall(response));
let stall: (response: ServerResponse) => void;
let extend: ExtendApi;
let collecting: NodeJS.Timeout;

beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const limits = { statusTimeoutMs: LIMIT_MS, submitTimeoutMs: LIMIT_MS, fetchTimeoutMs: LIMIT_MS };
  extend = createExtendClient({ apiKey: 'key', baseUrl, ...limits }).version('2025-04-21');
  collecting = setInterval(collectGarbage, 20);
});

afterAll(() => {
  clearInterval(collecting);
  server.closeAllConnections();
  server.close();
});

const beginsAnd = (status: number) => (response: ServerResponse) => {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.write('{"success":true,');
};

async function streamAll(signal?: AbortSignal): Promise<void> {
  const parts = extend.streamRun('run', signal ? { signal } : {})[Symbol.asyncIterator]();
  while (!(await parts.next()).done) continue;
}

const CALLS: Record<string, (signal?: AbortSignal) => Promise<unknown>> = {
  'a submit': (signal) =>
    extend.submitParse({ file: { fileUrl: 'https://a.example/b.pdf' } }, signal ? { signal } : {}),
  'a poll': (signal) => extend.pollRun('run', signal ? { signal } : {}),
  'a fetch': (signal) => extend.readRun('run', { maxBodyBytes: 1_000, ...(signal && { signal }) }),
  'a stream': streamAll,
  'a deletion': (signal) => extend.deleteRun('run', signal ? { signal } : {}),
};

/** Sets the server's answer, and resolves when the client has closed the connection. */
function stalling(how: (response: ServerResponse) => void): Promise<unknown> {
  return new Promise((resolve) => {
    stall = (response) => {
      response.once('close', resolve);
      how(response);
    };
  });
}

describe('the limit of an exchange holds while garbage is collected', () => {
  it.each(Object.keys(CALLS))('for %s whose answer never begins', async (name) => {
    const closed = stalling(() => undefined);
    await expect(CALLS[name]!()).rejects.toThrow(/no whole answer to .*timeout after 2000 ms/);
    await closed;
  });

  it.each(Object.keys(CALLS))('for %s whose answer stops in the middle', async (name) => {
    const closed = stalling(beginsAnd(200));
    await expect(CALLS[name]!()).rejects.toThrow(/no whole answer to .*timeout after 2000 ms/);
    await closed;
  });

  it.each(Object.keys(CALLS))("for %s whose error's text stops in the middle", async (name) => {
    const closed = stalling(beginsAnd(503));
    await expect(CALLS[name]!()).rejects.toThrow(/Extend answered 503 to /);
    await closed;
  });

  it.each(Object.keys(CALLS))('and so does the cancellation of %s', async (name) => {
    const cancelling = new AbortController();
    const closed = stalling((response) => {
      beginsAnd(200)(response);
      setTimeout(() => cancelling.abort(new Error('cancelled by the caller')), 100);
    });
    await expect(CALLS[name]!(cancelling.signal)).rejects.toThrow('cancelled by the caller');
    await closed;
  });
});

describe('a time limit', () => {
  it('tells if the time or the caller ended it', async () => {
    const caller = new AbortController();
    const [slow, cancelled] = [startTimeLimit(10), startTimeLimit(60_000, caller.signal)];
    await once(slow.signal, 'abort');
    caller.abort(new Error('enough'));
    expect([slow.isOver, cancelled.isOver]).toEqual([true, false]);
    expect(cancelled.signal.reason).toEqual(new Error('enough'));
    const late = startTimeLimit(60_000, caller.signal);
    expect(late.signal.aborted).toBe(true);
    for (const limit of [cancelled, late]) limit.end();
  });
});
