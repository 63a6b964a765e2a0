import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { type BatchHandle, ParseClient } from '../../client';
import { startEmulator, type Emulator } from '../../local/extend';
import type { DevServer } from '../../local/temporal';
import { documents, idsOf, outcomesOf, positions, QUICK } from '../batch/batches';
import { startOwnDevServer } from '../support/servers';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process';
import { historiesOf } from '../workflows/history';

/** A thousand documents, while worker processes are killed in the middle. */
describe('A large batch', () => {
  const TASK_QUEUE = 'large-batch';
  const COUNT = 1_000;
  /** Numbers of finished documents at which a worker is killed. The other documents are then at any step. */
  const KILLS = [100, 450];
  let directory: string;
  let server: DevServer;
  let env: TestWorkflowEnvironment;
  let emulator: Emulator;
  const workers: WorkerProcess[] = [];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'large-batch-'));
    server = await startOwnDevServer();
    env = await TestWorkflowEnvironment.createFromExistingServer({ address: server.address });
    emulator = await startEmulator();
  });
  afterAll(async () => {
    for (const worker of workers) await worker[Symbol.asyncDispose]();
    await env.teardown();
    await emulator.close();
    await server.close();
    await rm(directory, { recursive: true, force: true });
  });

  async function startWorker(): Promise<WorkerProcess> {
    const worker = await startWorkerProcess({
      taskQueue: TASK_QUEUE,
      baseUrl: emulator.url,
      address: server.address,
      env: { EXTEND_PARSE_RESULT_DIR: directory },
    });
    workers.push(worker);
    return worker;
  }

  it('has one outcome for each document, and bounded histories, though workers are killed', async () => {
    const client = new ParseClient({ client: env.client, taskQueue: TASK_QUEUE, resultDirectory: directory });
    let worker = await startWorker();
    const input = { documents: documents('large', COUNT, { failing: true }), defaults: QUICK, width: 100 };
    const handle = await client.startBatch(input, { idempotencyKey: 'large' });
    for (const done of KILLS) {
      await untilDone(handle, done);
      await worker.end('SIGKILL');
      worker = await startWorker();
    }
    expect(await handle.result()).toMatchObject({ total: COUNT, processed: 900, failures: { ParserRunFailed: 100 } });
    const outcomes = await outcomesOf(handle);
    expect(outcomes).toHaveLength(COUNT);
    const ids = [...idsOf(outcomes, 'processed'), ...idsOf(outcomes, 'failed')];
    expect(ids.sort((one, other) => Number(one) - Number(other))).toEqual(positions(COUNT));
    // A submit that was in flight at a kill may have been repeated, and is then reported.
    const submits = outcomes.map((outcome) => {
      if (outcome.status === 'processed') return outcome.result.submits;
      return outcome.status === 'failed' ? (outcome.failure.details.submits ?? 0) : 0;
    });
    expect(emulator.runs.length).toBeLessThanOrEqual(submits.reduce((sum, count) => sum + count, 0));
    const lengths = await runLengths('large');
    expect(lengths.length).toBeGreaterThan(1);
    expect(Math.max(...lengths)).toBeLessThan(4_096);
  });

  /** Waits until `done` documents have ended. Each query costs a workflow task, so it queries only twice a second. */
  async function untilDone(handle: BatchHandle, done: number): Promise<void> {
    while ((await handle.progress()).done < done) await sleep(500);
  }

  async function runLengths(workflowId: string): Promise<number[]> {
    return (await historiesOf(env.client, workflowId)).map(({ length }) => length);
  }
});
