import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it } from '@jest/globals';
import { httpReply, startEmulator, endlessReply, type Emulator, type FaultChooser } from '../../local/extend';
import { API_VERSIONS } from '../../contract/extend';
import { createExtendClient, type ExtendApi } from '../../http';
import { startOddServer } from './odd-server';

const LARGE_BODY_BYTES = 20_000_000;
const CHUNK = `{"object":"chunk","type":"page","content":"${'x'.repeat(1000)}","metadata":{"status":"NOT THE RUN'S"},"blocks":[]},`;

const CHUNKS = Buffer.from(CHUNK.repeat(60));
const TEXT = Buffer.alloc(65_536, 'x');

/** Streams a run of 20 MB that repeats `piece`, without holding it in memory. Returns the bytes that the client took. */
async function sendLargeRun(
  response: ServerResponse,
  { before, piece, after }: { readonly before: string; readonly piece: Buffer; readonly after: string },
  onTenth: () => void = () => undefined,
): Promise<number> {
  let sent = 0;
  let tenths = 0;
  function* body() {
    yield `{"success":true,"parserRun":{"object":"parser_run","id":"r",${before}`;
    for (; sent < LARGE_BODY_BYTES; sent += piece.byteLength) {
      for (; sent > (tenths * LARGE_BODY_BYTES) / 10; tenths += 1) onTenth();
      yield piece;
    }
    yield `${after}}}`;
  }
  // A client that needs no more bytes closes the connection.
  await pipeline(body, response).catch(() => undefined);
  return sent;
}

/**
 * Collects garbage first, because memory that nothing holds any more would count too. Returns bytes. The buffers that one
 * collection finds are counted until the next one.
 */
function heldBytes(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc(); gc()');
  return process.memoryUsage().heapUsed + process.memoryUsage().external;
}

describe('the state of a large run', () => {
  it('is read without the rest of the body if it comes first', async () => {
    let sent: Promise<number> | undefined;
    await using server = await startOddServer((_, response) => {
      sent = sendLargeRun(response, { before: '"status":"PROCESSED","chunks":[', piece: CHUNKS, after: '{}]' });
    });
    const client = createExtendClient({ apiKey: 'k', baseUrl: server.url }).version('2025-04-21');
    expect(await client.pollRun('r')).toEqual({ runId: 'r', status: 'PROCESSED' });
    expect(await sent).toBeLessThan(LARGE_BODY_BYTES / 2);
  });

  it.each([
    [
      'many chunks',
      '"chunks":[',
      CHUNKS,
      '{}],"status":"FAILED","failureReason":"OCR"',
      { status: 'FAILED', failureReason: 'OCR' },
    ],
    ['one long text', '"chunks":[{"content":"', TEXT, '"}],"status":"PROCESSED"', { status: 'PROCESSED' }],
  ])(
    'is read without holding the body in memory if it comes last: %s',
    async (_title, before, piece, after, expected) => {
      const held: number[] = [];
      await using server = await startOddServer((_, response) =>
        sendLargeRun(response, { before, piece, after }, () => held.push(heldBytes())),
      );
      const client = createExtendClient({ apiKey: 'k', baseUrl: server.url }).version('2025-04-21');
      expect(await client.pollRun('r')).toEqual({ runId: 'r', ...expected });
      expect(held).toHaveLength(10);
      // A client that held the body would hold most of it at the last tenth.
      expect(held[9]! - Math.min(...held)).toBeLessThan(LARGE_BODY_BYTES / 2);
    },
  );

  it('has its reason, at any position in the body', async () => {
    const stateOf = async (first: string, last: string) => {
      await using server = await startOddServer((_, response) => {
        response.end(`{"parserRun":{"id":"r",${first}"chunks":[${CHUNK.repeat(200)}{}]${last}}}`);
      });
      return await createExtendClient({ apiKey: 'k', baseUrl: server.url }).version('2025-04-21').pollRun('r');
    };
    const failed = { runId: 'r', status: 'FAILED', failureReason: 'CORRUPT_FILE' };
    expect(await stateOf('"status":"FAILED","failureReason":"CORRUPT_FILE",', '')).toEqual(failed);
    expect(await stateOf('"status":"FAILED",', ',"failureReason":"CORRUPT_FILE"')).toEqual(failed);
    expect(await stateOf('', ',"status":"FAILED","failureReason":"CORRUPT_FILE"')).toEqual(failed);
    const withoutReason = { runId: 'r', status: 'FAILED' };
    expect(await stateOf('"status":"FAILED",', '')).toEqual(withoutReason);
    expect(await stateOf('', ',"status":"FAILED","failureReason":null')).toEqual(withoutReason);
  });

  it.each([
    ['a text', `"${'x'.repeat(70_000)}"`],
    ['an object', `{"a":"${'x'.repeat(70_000)}"}`],
  ])('says that a reason is too long to be read: %s', async (_title, reason) => {
    await using server = await startOddServer((_, response) => {
      response.end(`{"parserRun":{"id":"r","status":"FAILED","failureReason":${reason}}}`);
    });
    const state = await createExtendClient({ apiKey: 'k', baseUrl: server.url }).version('2025-04-21').pollRun('r');
    expect(state).toEqual({ runId: 'r', status: 'FAILED', failureReason: 'a reason of more than 65536 bytes' });
  });

  it('is unreadable if the body ends too early', async () => {
    await using server = await startOddServer((_, response) => {
      response.end(`{"parserRun":{"id":"r","chunks":[${CHUNK.repeat(200)}`);
    });
    const failed = createExtendClient({ apiKey: 'k', baseUrl: server.url }).version('2025-04-21').pollRun('r');
    await expect(failed).rejects.toMatchObject({ kind: 'unreadable' });
  });
});

describe.each(API_VERSIONS)('a poll of %s with responseType=url', (version) => {
  let emulator: Emulator;
  afterEach(() => emulator.close());

  const start = async (faults: FaultChooser): Promise<readonly [ExtendApi, string]> => {
    emulator = await startEmulator({ faults });
    const client = createExtendClient({ apiKey: 'k', baseUrl: emulator.url }).version(version);
    const { runId } = await client.submitParse({ file: { fileUrl: 'http://emulator.invalid/never' } });
    return [client, runId];
  };
  const sent = () => emulator.requests.slice(1).map(({ query }) => query['responseType']);
  const refuse = (status: number) => httpReply({ status, json: { success: false, error: 'responseType?' } });

  it.each([400, 422])(
    'is sent again with json if it is refused with %d, and later polls use json at once',
    async (status) => {
      const [client, runId] = await start(({ operation }) => (operation === 'read' ? refuse(status) : undefined));
      expect(await client.pollRun(runId)).toMatchObject({ status: 'PROCESSING' });
      expect(await client.pollRun(runId)).toMatchObject({ status: 'PROCESSING' });
      expect(sent()).toEqual(['url', 'json', 'json']);
    },
  );

  it('fails if json is refused too, and the next poll begins with url again', async () => {
    const [client, runId] = await start(({ operation }) => (operation === 'submit' ? undefined : refuse(400)));
    for (let poll = 0; poll < 2; poll += 1) {
      await expect(client.pollRun(runId)).rejects.toMatchObject({ kind: 'status', status: 400 });
    }
    expect(sent()).toEqual(['url', 'json', 'url', 'json']);
  });

  it.each([
    ['a rate limit', { code: 'RATE_LIMIT_EXCEEDED', message: 'slow down' }],
    ['a refusal that may be repeated', { code: 'BUSY', message: 'later', retryable: true }],
    ['a lack of credits', { error: { code: 'USAGE_BLOCKED', message: 'blocked' } }],
  ])('is not sent again, and does not change later polls, after %s with status 400', async (_title, json) => {
    const [client, runId] = await start(({ operation }) =>
      operation === 'submit' ? undefined : httpReply({ status: 400, json }),
    );
    for (let poll = 0; poll < 2; poll += 1) await expect(client.pollRun(runId)).rejects.toMatchObject({ status: 400 });
    expect(sent()).toEqual(['url', 'url']);
  });

  it('is not sent again after any other refusal', async () => {
    const [client, runId] = await start(({ operation }) => (operation === 'submit' ? undefined : refuse(404)));
    await expect(client.pollRun(runId)).rejects.toMatchObject({ status: 404 });
    expect(sent()).toEqual(['url']);
  });

  it('reads the state of a body that never ends', async () => {
    const [client, runId] = await start(({ operation }) => (operation === 'read' ? endlessReply() : undefined));
    expect(await client.pollRun(runId)).toEqual({ runId, status: 'PROCESSING' });
  });
});

it('a refusal of responseType=url in one version does not change the polls of the other version', async () => {
  await using server = await startOddServer((request, response) => {
    const isRefused = request.url === '/parse_runs/r?responseType=url';
    response.writeHead(isRefused ? 400 : 200).end('{"id":"r","status":"PROCESSING"}');
  });
  const client = createExtendClient({ apiKey: 'k', baseUrl: server.url });
  for (const version of ['2026-02-09', '2026-02-09', '2025-04-21'] as const) await client.version(version).pollRun('r');
  expect(server.requests).toEqual([
    'GET /parse_runs/r?responseType=url',
    'GET /parse_runs/r?responseType=json',
    'GET /parse_runs/r?responseType=json',
    'GET /parser_runs/r?responseType=url',
  ]);
});
