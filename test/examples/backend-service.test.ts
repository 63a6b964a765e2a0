/**
 * Risks tested here: a document of two equal requests is parsed and billed twice; an answer waits for the parse; the run
 * of a cancelled document goes on.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { defined } from '../../json';
import { startEmulator, type Emulator } from '../../local/extend';
import { devServerAddress } from '../support/servers';
import { until } from '../support/until';
import { Hold } from '../workflows/scene';
import { startExample, type RunningExample } from './run-example';

/** Holds the polls, so that no document ends before the test has seen it in flight. */
const polls = new Hold(({ operation }) => operation === 'read');
let emulator: Emulator;
let service: RunningExample;
let url: string;

beforeAll(async () => {
  emulator = await startEmulator({ faults: async (request) => void (await polls.pass(request)) });
  const env = {
    TEMPORAL_ADDRESS: devServerAddress(),
    EXTEND_API_KEY: 'test',
    EXTEND_BASE_URL: emulator.url,
    PORT: '0',
  };
  service = startExample('02', [], env);
  [, url = ''] = await service.printed(/^listening on (\S+)$/m);
});
afterAll(async () => {
  await service.stop();
  await emulator.close();
});

const call = async (method: string, path: string, body?: string) => {
  const response = await fetch(`${url}${path}`, defined({ method, body }));
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};

const start = (id: string, fileUrl: string) => call('PUT', `/documents/${id}`, JSON.stringify({ fileUrl }));

/** Repeats the request for a document until the document has ended, and returns the last answer. */
async function end(id: string): Promise<Record<string, unknown>> {
  let answer = await call('GET', `/documents/${id}`);
  await until(async () => {
    answer = await call('GET', `/documents/${id}`);
    expect(answer.status).toBe(200);
    return answer.body['state'] !== 'parsing';
  });
  return answer.body;
}

describe('02, a backend service', () => {
  it('starts a parse once for repeated requests, and reports its progress', async () => {
    const [id, fileUrl] = [randomUUID(), 'http://emulator.invalid/ok?reads=0&n=backend'];
    const answers = [...(await Promise.all([start(id, fileUrl), start(id, fileUrl)])), await start(id, fileUrl)];
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202]);
    const { body } = await call('GET', `/documents/${id}`);
    expect(body).toMatchObject({ state: 'parsing', progress: { deadlineAtMs: expect.any(Number) } });
    polls.release();
    expect(await end(id)).toMatchObject({ state: 'parsed', pageCount: 1, markdown: expect.stringMatching(/^# /) });
    await start(id, fileUrl);
    expect(emulator.runs.filter((run) => run.fileUrl === fileUrl)).toHaveLength(1);
  });

  it('cancels a document together with its run, whose metadata names the document', async () => {
    const id = randomUUID();
    const fileUrl = `http://emulator.invalid/never?cancelled=${id}`;
    await start(id, fileUrl);
    const submit = await emulator.waitFor(
      ({ operation, bodyJson, outcome }) =>
        operation === 'submit' && outcome !== undefined && JSON.stringify(bodyJson).includes(fileUrl),
    );
    expect(submit.bodyJson).toMatchObject({ metadata: { documentId: id } });
    expect(await call('DELETE', `/documents/${id}`)).toMatchObject({ status: 202 });
    expect(await end(id)).toEqual({ state: 'cancelled' });
    expect(emulator.runs.filter((run) => run.fileUrl === fileUrl)).toMatchObject([{ status: 'CANCELLED' }]);
  });

  it('reports why a document failed', async () => {
    const id = randomUUID();
    await start(id, 'http://emulator.invalid/failing?reads=0');
    const failure = { type: 'ParserRunFailed', runId: expect.stringMatching(/^pr_/) };
    expect(await end(id)).toMatchObject({ state: 'failed', failure });
  });

  it('refuses wrong requests with a message', async () => {
    const id = randomUUID();
    expect(await call('GET', `/documents/${id}`)).toMatchObject({
      status: 404,
      body: { message: `no document ${id}` },
    });
    expect(await call('GET', '/')).toMatchObject({ status: 404 });
    expect(await call('DELETE', `/documents/${id}`)).toMatchObject({ status: 404 });
    expect(await call('POST', `/documents/${id}`, '{}')).toMatchObject({ status: 405 });
    expect(await call('PUT', `/documents/${id}`, 'no JSON')).toMatchObject({ status: 400 });
    const refused = await start(id, 'no-url');
    expect(refused).toMatchObject({ status: 400, body: { message: expect.stringContaining('fileUrl') } });
    await start(id, 'http://emulator.invalid/never?n=backend');
    expect(await start(id, 'http://emulator.invalid/ok')).toMatchObject({ status: 409 });
  });

  it('stops by a signal', async () => {
    expect(await service.stop()).toBe(0);
    await expect(fetch(url)).rejects.toThrow();
  });
});
