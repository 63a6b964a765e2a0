import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import type { Worker } from '@temporalio/worker';
import { ParseClient } from '../../client';
import { startEmulator, type Emulator } from '../../local/extend';
import type { DevServer } from '../../local/temporal';
import { createParseWorker } from '../../worker';
import { startOwnDevServer } from '../support/servers';
import { quietly } from '../support/quietly';
import { until } from '../support/until';
import { bundledWorkflows } from '../workflows/bundled-workflows';
import { historiesOf } from '../workflows/history';
import { allOf, CACHING } from '../workflows/scene';
import { documents, ENDLESS, endedUrlOf, idsOf, outcomesOf, positions, QUICK, urlOf } from './batches';

/** The server suggests to continue as new at this number of events. */
const SUGGESTED_AT = 60;

describe('A batch that continues as new', () => {
  const directory = mkdtempSync(join(tmpdir(), 'batch-'));
  let server: DevServer;
  let env: TestWorkflowEnvironment;
  let emulator: Emulator;
  let workers: Worker[];
  let ended: Promise<void>[];

  beforeAll(async () => {
    quietly();
    server = await startOwnDevServer({ dynamicConfig: { 'limit.historyCount.suggestContinueAsNew': SUGGESTED_AT } });
    env = await TestWorkflowEnvironment.createFromExistingServer({ address: server.address });
    emulator = await startEmulator();
    const workflowBundle = await bundledWorkflows();
    workers = await Promise.all(
      CACHING.map(({ maxCachedWorkflows }) =>
        createParseWorker({
          connection: env.nativeConnection,
          taskQueue: `cache-${maxCachedWorkflows}`,
          activities: { apiKey: 'test', baseUrl: emulator.url, resultDirectory: directory },
          shutdownGraceTimeMs: 0,
          worker: { maxCachedWorkflows, workflowBundle },
        }),
      ),
    );
    ended = workers.map((worker) => worker.run());
  });

  afterAll(async () => {
    for (const worker of workers) worker.shutdown();
    await Promise.all(ended);
    await env.teardown();
    await emulator.close();
    await server.close();
    rmSync(directory, { recursive: true, force: true });
  });

  const clientOf = (cached: number) =>
    new ParseClient({ client: env.client, taskQueue: `cache-${cached}`, resultDirectory: directory });

  it('carries the documents in flight along: each document is parsed once, and has one outcome', async () => {
    await allOf(CACHING.map(({ maxCachedWorkflows }) => parseMany(maxCachedWorkflows)));
  }, 300_000);

  async function parseMany(cached: number): Promise<void> {
    const key = `many-${cached}`;
    const held = { file: { fileUrl: endedUrlOf(key, 99) }, ...ENDLESS };
    const input = { documents: [held, ...documents(key, 40, { failing: true })], defaults: QUICK, width: 8 };
    const handle = await clientOf(cached).startBatch(input, { idempotencyKey: key });
    // The first document is in flight in every execution but the last.
    await until(async () => (await handle.progress()).done === 40, { limitMs: 270_000, pauseMs: 1_000 });
    await clientOf(cached).getHandle(`${key}/1`).runFinished();
    expect(await handle.result()).toMatchObject({ total: 41, processed: 37, failures: { ParserRunFailed: 4 } });
    const outcomes = await outcomesOf(handle);
    const ids = [...idsOf(outcomes, 'processed'), ...idsOf(outcomes, 'failed')];
    expect(ids.sort((one, other) => Number(one) - Number(other))).toEqual(positions(41));
    expect(emulator.runs.filter(({ fileUrl }) => fileUrl?.includes(`n=${key}-`))).toHaveLength(41);
    const lengths = await executionLengths(key);
    expect(lengths.length).toBeGreaterThanOrEqual(3);
    expect(Math.max(...lengths)).toBeLessThan(SUGGESTED_AT + 60);
  }

  it('keeps its width and its pause, and can still be cancelled', async () => {
    const documents = Array.from({ length: 30 }, (_, n) => ({ file: { fileUrl: urlOf('kept', n, 'never') } }));
    const input = { documents, defaults: { polling: { initialDelayMs: 3_600_000 } }, width: 20 };
    const handle = await clientOf(10).startBatch(input, { idempotencyKey: 'kept' });
    await until(async () => (await handle.progress()).inFlight === 20);
    await handle.pause();
    await handle.setWidth(25);
    for (let signal = 0; signal < SUGGESTED_AT; signal += 1) await handle.pause();
    await until(async () => (await executionLengths('kept')).length > 1);
    expect(await handle.progress()).toMatchObject({ total: 30, done: 0, inFlight: 20 });
    await handle.resume();
    await until(async () => (await handle.progress()).inFlight === 25);
    await handle.cancel();
    await expect(handle.result()).rejects.toMatchObject({ type: 'Cancelled' });
    expect(idsOf(await outcomesOf(handle), 'cancelled')).toEqual(positions(25));
  }, 120_000);

  /** Lengths of the histories of all executions. */
  async function executionLengths(workflowId: string): Promise<number[]> {
    return (await historiesOf(env.client, workflowId)).map(({ length }) => length);
  }
});
