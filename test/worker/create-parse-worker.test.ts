import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { ParseResult } from '../../contract';
import { ParseClient } from '../../client';
import { startEmulator, type Emulator } from '../../local/extend';
import { createParseWorker, type ParseWorkerOptions } from '../../worker';
import { keepBundles } from '../support/kept-bundles';
import { createDevEnv } from '../support/servers';

const play = (script: string) => ({
  file: { fileUrl: `http://emulator.invalid/${script}` },
  polling: { initialDelayMs: 0 },
});

describe('createParseWorker', () => {
  let env: TestWorkflowEnvironment;
  let emulator: Emulator;

  beforeAll(async () => {
    keepBundles();
    env = await createDevEnv();
    emulator = await startEmulator();
  });
  afterAll(async () => {
    await emulator.close();
    await env.teardown();
  });

  const create = (options: Partial<ParseWorkerOptions>) =>
    createParseWorker({
      connection: env.nativeConnection,
      activities: { apiKey: 'test', baseUrl: emulator.url },
      ...options,
    });

  it.each<[string, Partial<ParseWorkerOptions>, RegExp]>([
    ['grace time', { shutdownGraceTimeMs: -1 }, /^shutdownGraceTimeMs must be a whole number of milliseconds, got -1$/],
    ['grace time', { shutdownGraceTimeMs: 0.5 }, /^shutdownGraceTimeMs must be .* got 0.5$/],
    ['rate', { maxRequestsPerSecond: 0 }, /^maxRequestsPerSecond must be a positive number, got 0$/],
    ['rate', { maxRequestsPerSecond: Number.NaN }, /^maxRequestsPerSecond must be a positive number, got NaN$/],
    ['inline limit', { activities: { apiKey: 'k', maxInlineBytes: 0 } }, /^maxInlineBytes must be a positive whole/],
    ['base URL', { activities: { apiKey: 'k', baseUrl: 'nowhere' } }, /^baseUrl must be an absolute http\(s\) URL/],
    ['time limit', { activities: { apiKey: 'k', statusTimeoutMs: 0 } }, /^statusTimeoutMs must be .* got 0$/],
  ])('refuses a wrong %s', async (_what, options, message) => {
    await expect(create(options)).rejects.toThrow(message);
  });

  it('lets a submit in flight run to its own time limit when it stops', async () => {
    const worker = await create({ taskQueue: 'worker-defaults' });
    const running = worker.run();
    expect(worker.options).toMatchObject({ shutdownGraceTimeMs: 75_000, shutdownForceTimeMs: 90_000 });
    worker.shutdown();
    await running;
  });

  it('runs your own workflows and activities beside those of this package', async () => {
    const taskQueue = 'worker-own';
    const greet = async (name: string) => `hello ${name}`;
    const worker = await create({
      taskQueue,
      worker: { workflowsPath: join(__dirname, 'own-workflows.ts'), activities: { greet } },
    });
    const run = <T>(type: string, argument: unknown) =>
      env.client.workflow.execute(type, { workflowId: `own-${type}`, taskQueue, args: [argument] }) as Promise<T>;
    await worker.runUntil(async () => {
      expect(await run<string>('greetAndParse', play('ok?reads=0&n=own'))).toMatch(/^hello parser_run_/);
      expect(await run<ParseResult>('parseDocument', play('ok?reads=0&n=ours'))).toMatchObject({ submits: 1 });
    });
  });

  it('respects maxRequestsPerSecond', async () => {
    const taskQueue = 'worker-rate';
    const documents = 10;
    const worker = await create({ taskQueue, maxRequestsPerSecond: 4 });
    // The server counts the activities, and eager dispatch would bypass it.
    expect(worker.options.maxEagerActivityReservationsPerWorkflowTask).toBe(0);
    const client = new ParseClient({ client: env.client, taskQueue });
    const before = emulator.requests.length;
    await worker.runUntil(
      Promise.all(Array.from({ length: documents }, (_, n) => client.execute(play(`ok?reads=0&n=rate-${n}`)))),
    );
    const times = emulator.requests.slice(before).map(({ atMs }) => atMs);
    expect(times.length).toBeGreaterThanOrEqual(3 * documents);
    const tookMs = (times.at(-1) ?? 0) - (times[0] ?? 0);
    // 20 attempts at 4 per second take 5 s, but the server lets some pass immediately. Without the limit they take
    // less than a second.
    expect(tookMs).toBeGreaterThan(1_600);
  });
});
