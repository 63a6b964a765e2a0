import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { ParseClient, type BatchHandle, type BatchInput, type DocumentOutcome } from '../../client';
import { startEmulator, type Emulator } from '../../local/extend';
import type { DevServer } from '../../local/temporal';
import { naturalReply, rateLimitedReply, type EmulatorRequest, type Reply } from '../../testing';
import { idsOf, outcomesOf, positions } from '../batch/batches';
import { startOwnDevServer } from '../support/servers';
import { until } from '../support/until';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process';
import { historiesOf } from '../workflows/history';
import { failureOf } from '../workflows/scene';

/** A thousand documents in few requests, while worker processes are killed, and while lists are late and incomplete. */
describe('A large bulk batch', () => {
  const TASK_QUEUE = 'large-bulk-batch';
  const COUNT = 1_000;
  let directory: string;
  let server: DevServer;
  let env: TestWorkflowEnvironment;
  let emulator: Emulator;
  let client: ParseClient;
  let worker: WorkerProcess;
  let fault: ((request: EmulatorRequest) => Reply | undefined) | undefined;
  const workers: WorkerProcess[] = [];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'large-bulk-'));
    server = await startOwnDevServer();
    env = await TestWorkflowEnvironment.createFromExistingServer({ address: server.address });
    emulator = await startEmulator({
      faults: (request) => fault?.(request),
      runList: { maxSize: 73, lagMs: 1_500 },
    });
    client = new ParseClient({ client: env.client, taskQueue: TASK_QUEUE, resultDirectory: directory });
    worker = await startWorker();
  });
  afterAll(async () => {
    for (const one of workers) await one[Symbol.asyncDispose]();
    await env.teardown();
    await emulator.close();
    await server.close();
    await rm(directory, { recursive: true, force: true });
  });

  async function startWorker(): Promise<WorkerProcess> {
    const started = await startWorkerProcess({
      taskQueue: TASK_QUEUE,
      baseUrl: emulator.url,
      address: server.address,
      env: { EXTEND_PARSE_RESULT_DIR: directory, EXTEND_API_VERSION: '2026-02-09' },
    });
    workers.push(started);
    return started;
  }

  async function killWorker(): Promise<void> {
    await worker.end('SIGKILL');
    worker = await startWorker();
  }

  function inputOf(name: string, reads: number): BatchInput {
    const documents = Array.from({ length: COUNT }, (_, index) => ({
      file: {
        fileUrl: `http://emulator.invalid/${index % 10 === 9 ? 'failing' : 'ok'}?reads=${reads}&n=${name}-${index}`,
      },
    }));
    const polling = { initialDelayMs: 0, maxDelayMs: 1_000, jitter: 0 };
    return { documents, defaults: { polling, reconcileMs: 5_000 }, submission: 'bulk' };
  }

  const runsOf = (name: string) => emulator.runs.filter(({ fileUrl }) => fileUrl?.includes(`&n=${name}-`));
  const requests = (operation: EmulatorRequest['operation'], since: number) =>
    emulator.requests.slice(since).filter((request) => request.operation === operation).length;

  async function foreignRun(): Promise<void> {
    await fetch(`${emulator.url}/parse_runs`, {
      method: 'POST',
      headers: { authorization: 'Bearer x', 'x-extend-api-version': '2026-02-09', 'content-type': 'application/json' },
      body: JSON.stringify({ file: { url: 'http://emulator.invalid/ok?n=foreign' }, metadata: { temporal: 'none' } }),
    });
  }

  function expectAll(outcomes: readonly DocumentOutcome[]): void {
    expect([outcomes.length, idsOf(outcomes, 'failed').length]).toEqual([COUNT, COUNT / 10]);
    const ids = [...idsOf(outcomes, 'processed'), ...idsOf(outcomes, 'failed')];
    expect(ids.sort((one, other) => Number(one) - Number(other))).toEqual(positions(COUNT));
  }

  async function expectShortHistories(handle: BatchHandle): Promise<void> {
    const batch = await historiesOf(env.client, handle.workflowId);
    const groups = batch.flat().flatMap((event) => {
      const { workflowExecution } = event.childWorkflowExecutionStartedEventAttributes ?? {};
      return workflowExecution?.workflowId ?? [];
    });
    const histories = [...batch];
    for (const group of groups) histories.push(...(await historiesOf(env.client, group)));
    const events = histories.reduce((sum, { length }) => sum + length, 0);
    expect(events / COUNT).toBeLessThan(0.3);
  }

  it('has one outcome for each document, and one run, though workers are killed while they submit and store', async () => {
    const since = emulator.requests.length;
    let submits = 0;
    let fetched = 0;
    // The first submit takes effect, and the worker is killed before it has the answer.
    fault = ({ operation }) => {
      if (operation === 'createBatch') return (submits += 1) === 1 ? naturalReply({ delayMs: 60_000 }) : undefined;
      if (operation === 'content' && (fetched += 1) % 50 === 0) return rateLimitedReply({ retryAfter: 1 });
      return undefined;
    };
    const handle = await client.startBatch(inputOf('killed', 3), { idempotencyKey: 'killed' });
    await until(async () => runsOf('killed').length === COUNT);
    for (let run = 0; run < 120; run += 1) await foreignRun();
    await killWorker();
    for (const stored of [200, 600]) {
      await until(async () => fetched >= stored);
      await killWorker();
    }
    expect(await handle.result()).toMatchObject({ total: COUNT, processed: 900, failures: { ParserRunFailed: 100 } });
    expectAll(await outcomesOf(handle));
    expect(runsOf('killed')).toHaveLength(COUNT);
    expect(requests('createBatch', since)).toBe(1);
    // A kill costs the results of the last part of the log and those in work, and rate limits cost one request each.
    expect(fetched).toBeLessThan(900 + 2 * 120 + fetched / 40);
    await expectShortHistories(handle);
  });

  it('continues with its runs after a termination in the middle', async () => {
    let fetched = 0;
    fault = ({ operation }) => {
      if (operation === 'content') fetched += 1;
      return undefined;
    };
    const input = inputOf('terminated', 3);
    await client.startBatch(input, { idempotencyKey: 'terminated' });
    await until(async () => fetched > 100);
    await env.client.workflow.getHandle('terminated').terminate();
    const again = await client.startBatch(input, { idempotencyKey: 'terminated' });
    expect(await again.result()).toMatchObject({ total: COUNT, processed: 900, failed: 100 });
    expectAll(await outcomesOf(again));
    expect(runsOf('terminated')).toHaveLength(COUNT);
  });

  it('cancels all its runs, and bills none twice when it is started again', async () => {
    fault = undefined;
    const input = inputOf('cancelled', 999_999);
    const handle = await client.startBatch(input, { idempotencyKey: 'cancelled' });
    await until(async () => runsOf('cancelled').length === COUNT);
    await handle.cancel();
    expect((await failureOf(handle.result())).type).toBe('Cancelled');
    expect(runsOf('cancelled').every(({ status }) => status === 'CANCELLED')).toBe(true);
    expect(idsOf(await outcomesOf(handle), 'cancelled')).toEqual(positions(COUNT));
    const again = await client.startBatch(input, { idempotencyKey: 'cancelled' });
    await until(async () => runsOf('cancelled').length === 2 * COUNT);
    await again.cancel();
    await failureOf(again.result());
    const live = runsOf('cancelled').filter(({ status }) => status !== 'CANCELLED');
    expect(live).toEqual([]);
  });
});
