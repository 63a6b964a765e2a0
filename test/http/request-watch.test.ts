import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { hangReply, httpReply, resetReply, startEmulator, type Emulator, type Reply } from '../../local/extend';
import { createExtendClient, type EndedRequest } from '../../http';
import { deadUrl } from '../support/free-port';

let emulator: Emulator;
let fault: Reply | undefined;
let ended: EndedRequest[];

beforeAll(async () => {
  emulator = await startEmulator({ faults: () => fault });
});
beforeEach(() => {
  fault = undefined;
  ended = [];
});
afterAll(() => emulator.close());

const observed = (options: object = {}) =>
  createExtendClient({ apiKey: 'sk_test', baseUrl: emulator.url, ...options }, (request) =>
    ended.push(request),
  ).version('2025-04-21');
const reported = () => ended.map(({ operation, outcome }) => `${operation} ${outcome}`);
const ignore = () => undefined;

async function finishedRun(): Promise<string> {
  const extend = createExtendClient({ apiKey: 'sk_test', baseUrl: emulator.url }).version('2025-04-21');
  const { runId } = await extend.submitParse({ file: { fileUrl: 'http://emulator.invalid/huge?reads=0' } });
  await extend.pollRun(runId);
  return runId;
}

describe('an observer of requests', () => {
  it('gets each request once, with its duration', async () => {
    const extend = observed();
    const { runId } = await extend.submitParse({ file: { fileUrl: 'http://emulator.invalid/ok' } });
    await extend.pollRun(runId);
    expect(reported()).toEqual(['submitParse ok', 'readRunState ok']);
    for (const { durationMs } of ended) expect(durationMs).toBeGreaterThan(0);
  });

  it('gets two requests if a poll is repeated without responseType=url', async () => {
    const runId = await finishedRun();
    fault = httpReply({ status: 400 });
    await observed().pollRun(runId).catch(ignore);
    expect(reported()).toEqual(['readRunState 400', 'readRunState 400']);
  });

  it('gets the kind of a failure', async () => {
    fault = httpReply({ status: 503 });
    await observed().deleteRun('r').catch(ignore);
    fault = resetReply();
    await observed().deleteFile('f').catch(ignore);
    fault = httpReply({ status: 200 });
    await observed().readRun('r', { maxBodyBytes: 1_000 }).catch(ignore);
    await observed({ baseUrl: await deadUrl() })
      .pollRun('r')
      .catch(ignore);
    expect(reported()).toEqual([
      'deleteRun 503',
      'deleteFile noAnswer',
      'readRun unreadable',
      'readRunState notReceived',
    ]);
  });

  it('gets a request as aborted if the caller stops reading', async () => {
    const runId = await finishedRun();
    const parts = observed().streamRun(runId)[Symbol.asyncIterator]();
    await parts.next();
    await parts.return?.();
    fault = hangReply();
    const controller = new AbortController();
    const reading = observed().pollRun(runId, { signal: controller.signal }).catch(ignore);
    await emulator.waitFor(({ outcome }) => outcome === 'hung');
    controller.abort();
    await reading;
    expect(reported()).toEqual(['streamRun aborted', 'readRunState aborted']);
  });
});
