import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { httpReply, startEmulator, endlessReply, type Emulator, type FaultChooser } from '../../local/extend';
import { createExtendClient, type ExtendClient } from '../../http';
import { startOddServer } from './odd-server';

const LARGE_BODY_BYTES = 50_000_000;
const CHUNK = `{"object":"chunk","type":"page","content":"${'x'.repeat(1000)}","metadata":{"status":"NOT THE RUN'S"},"blocks":[]},`;

const CHUNKS = Buffer.from(CHUNK.repeat(60));
const TEXT = Buffer.alloc(65_536, 'x');

/** Streams a run of 50 MB, `piece` over and over, and holds none of it; counts the bytes that the client took. */
async function sendLargeRun(response: ServerResponse, before: string, piece: Buffer, after: string): Promise<number> {
  let sent = 0;
  function* body() {
    yield `{"success":true,"parserRun":{"object":"parser_run","id":"r",${before}`;
    for (; sent < LARGE_BODY_BYTES; sent += piece.byteLength) yield piece;
    yield `${after}}}`;
  }
  // A client that has enough closes the connection.
  await pipeline(body, response).catch(() => undefined);
  return sent;
}

/** What the process holds more at most, in bytes, while the work goes on. */
async function peakOf(work: () => Promise<unknown>): Promise<number> {
  const held = () => process.memoryUsage().heapUsed + process.memoryUsage().external;
  const atStart = held();
  let peak = atStart;
  const timer = setInterval(() => (peak = Math.max(peak, held())), 5);
  await work();
  clearInterval(timer);
  return peak - atStart;
}

describe('the state of a large run', () => {
  it('is had without the rest of the body when it comes first', async () => {
    let sent: Promise<number> | undefined;
    await using server = await startOddServer((_, response) => {
      sent = sendLargeRun(response, '"status":"PROCESSED","chunks":[', CHUNKS, '{}]');
    });
    const client = createExtendClient({ apiKey: 'k', baseUrl: server.url });
    expect(await client.pollRun('r')).toEqual({ runId: 'r', status: 'PROCESSED' });
    expect(await sent).toBeLessThan(LARGE_BODY_BYTES / 2);
  });

  it.each([
    ['many chunks', '"chunks":[', CHUNKS, '{}],"status":"PROCESSED"', { status: 'PROCESSED' }],
    [
      'a reason',
      '"chunks":[',
      CHUNKS,
      '{}],"status":"FAILED","failureReason":"OCR"',
      { status: 'FAILED', failureReason: 'OCR' },
    ],
    ['no reason', '"chunks":[', CHUNKS, '{}],"status":"FAILED","failureReason":null', { status: 'FAILED' }],
    ['one long text', '"chunks":[{"content":"', TEXT, '"}],"status":"PROCESSED"', { status: 'PROCESSED' }],
  ])('is had without holding the body when it comes last: %s', async (_title, before, piece, after, expected) => {
    await using server = await startOddServer((_, response) => sendLargeRun(response, before, piece, after));
    const client = createExtendClient({ apiKey: 'k', baseUrl: server.url });
    const peak = await peakOf(async () => {
      expect(await client.pollRun('r')).toEqual({ runId: 'r', ...expected });
    });
    expect(peak).toBeLessThan(LARGE_BODY_BYTES);
  });

  it('has its reason, wherever that comes', async () => {
    const reads = async (first: string, last: string) => {
      await using server = await startOddServer((_, response) => {
        response.end(`{"parserRun":{"id":"r",${first}"chunks":[${CHUNK.repeat(200)}{}]${last}}}`);
      });
      return await createExtendClient({ apiKey: 'k', baseUrl: server.url }).pollRun('r');
    };
    const failed = { runId: 'r', status: 'FAILED', failureReason: 'CORRUPT_FILE' };
    expect(await reads('"status":"FAILED","failureReason":"CORRUPT_FILE",', '')).toEqual(failed);
    expect(await reads('"status":"FAILED",', ',"failureReason":"CORRUPT_FILE"')).toEqual(failed);
    expect(await reads('"status":"FAILED",', '')).toEqual({ runId: 'r', status: 'FAILED' });
  });

  it('is unreadable when the body ends too early', async () => {
    await using server = await startOddServer((_, response) => {
      response.end(`{"parserRun":{"id":"r","chunks":[${CHUNK.repeat(200)}`);
    });
    const failed = createExtendClient({ apiKey: 'k', baseUrl: server.url }).pollRun('r');
    await expect(failed).rejects.toMatchObject({ kind: 'unreadable' });
  });
});

describe('a state that is asked for with responseType=url', () => {
  let emulator: Emulator;
  afterEach(() => emulator.close());

  const start = async (faults: FaultChooser): Promise<readonly [ExtendClient, string]> => {
    emulator = await startEmulator({ faults });
    const client = createExtendClient({ apiKey: 'k', baseUrl: emulator.url });
    const { runId } = await client.submitParse({ file: { fileUrl: 'http://emulator.invalid/never' } });
    return [client, runId];
  };
  const asked = () => emulator.requests.slice(1).map(({ query }) => query['responseType']);
  const refuse = (status: number) => httpReply({ status, json: { success: false, error: 'responseType?' } });

  it.each([400, 422])('is asked for as json when that is refused with %d, and so from then on', async (status) => {
    const [client, runId] = await start(({ operation }) => (operation === 'read' ? refuse(status) : undefined));
    expect(await client.pollRun(runId)).toMatchObject({ status: 'PROCESSING' });
    expect(await client.pollRun(runId)).toMatchObject({ status: 'PROCESSING' });
    expect(asked()).toEqual(['url', 'json', 'json']);
  });

  it('stays refused when json is refused too, and nothing is learnt from that', async () => {
    const [client, runId] = await start(({ operation }) => (operation === 'submit' ? undefined : refuse(400)));
    for (let read = 0; read < 2; read += 1) {
      await expect(client.pollRun(runId)).rejects.toMatchObject({ kind: 'status', status: 400 });
    }
    expect(asked()).toEqual(['url', 'json', 'url', 'json']);
  });

  it.each([
    ['a rate limit', { code: 'RATE_LIMIT_EXCEEDED', message: 'slow down' }],
    ['a refusal that may be repeated', { code: 'BUSY', message: 'later', retryable: true }],
    ['a lack of credits', { error: { code: 'USAGE_BLOCKED', message: 'blocked' } }],
  ])('is asked for once, and goes on to be asked for, after %s with status 400', async (_title, json) => {
    const [client, runId] = await start(({ operation }) =>
      operation === 'submit' ? undefined : httpReply({ status: 400, json }),
    );
    for (let read = 0; read < 2; read += 1)
      await expect(client.pollRun(runId)).rejects.toMatchObject({ status: 400 });
    expect(asked()).toEqual(['url', 'url']);
  });

  it('is not asked for again after any other refusal', async () => {
    const [client, runId] = await start(({ operation }) => (operation === 'submit' ? undefined : refuse(404)));
    await expect(client.pollRun(runId)).rejects.toMatchObject({ status: 404 });
    expect(asked()).toEqual(['url']);
  });

  it('is had from a body that never ends', async () => {
    const [client, runId] = await start(({ operation }) => (operation === 'read' ? endlessReply() : undefined));
    expect(await client.pollRun(runId)).toEqual({ runId, status: 'PROCESSING' });
  });
});
