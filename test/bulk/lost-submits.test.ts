/** Risk tested here: documents of a bulk batch are submitted again although their runs may exist, or their runs go on. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { ParseClient } from '../../client';
import {
  httpReply,
  rateLimitedReply,
  resetReply,
  type EmulatorRequest,
  type EmulatorRun,
  type Reply,
} from '../../testing';
import { idsOf, outcomesOf, positions } from '../batch/batches';
import { until } from '../support/until';
import { failureOf, Hold, Scene } from '../workflows/scene';
import { BulkBatches, ENDLESS, QUICK } from './bulk-batches';

const directory = mkdtempSync(join(tmpdir(), 'bulk-lost-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Chooses the reply to a request in the current test. */
let fault: ((request: EmulatorRequest) => Reply | undefined | Promise<Reply | undefined>) | undefined;
afterEach(() => (fault = undefined));

/** A page of the list, on which no run has ended. */
function listing(runs: readonly EmulatorRun[]): Reply {
  const data = runs.map(({ id, metadata }) => ({ object: 'parse_run', id, status: 'PROCESSING', metadata }));
  return httpReply({ status: 200, json: { object: 'list', data } });
}

const page = (nextPageToken?: string) => httpReply({ status: 200, json: { object: 'list', data: [], nextPageToken } });
const batchOf = (status: string) => httpReply({ status: 200, json: { object: 'batch_run', id: 'bpr_1', status } });

describe('A bulk batch whose runs are not seen', () => {
  const scene = new Scene({
    server: 'shared-dev-server',
    apiVersion: '2026-02-09',
    parse: { resultDirectory: directory },
    faults: (request) => fault?.(request),
  });
  const batches = new BulkBatches(scene, { resultDirectory: directory });

  it('is not submitted again while Extend does not know its young batch', async () => {
    let polls = 0;
    fault = ({ operation, query }) => {
      if (operation === 'getBatch' && (polls += 1) <= 2) return httpReply({ status: 404, json: {} });
      return operation === 'listRuns' && query['batchId'] !== undefined && polls <= 2 ? page() : undefined;
    };
    const { handle, runs } = await batches.start(12, { defaults: { ...QUICK, reconcileMs: 0 } });
    expect(await handle.result()).toMatchObject({ processed: 12 });
    expect(runs()).toHaveLength(12);
  });

  it('is not submitted again if Extend does not know its runs any more', async () => {
    fault = ({ operation, query }) => {
      if (operation === 'getBatch') return batchOf('PROCESSED');
      return operation === 'listRuns' && query['batchId'] !== undefined ? page() : undefined;
    };
    const { handle, runs } = await batches.start(12, { defaults: { ...QUICK, reconcileMs: 0 } });
    expect(await handle.result()).toMatchObject({ processed: 0, failures: { ParserRunNotFound: 12 } });
    expect(runs()).toHaveLength(12);
  });

  it('says that a run may exist if a later submit is refused', async () => {
    let submits = 0;
    fault = ({ operation }) => {
      if (operation !== 'createBatch') return undefined;
      submits += 1;
      return submits === 1
        ? resetReply()
        : httpReply({ status: 402, json: { code: 'OUT_OF_CREDITS', message: 'none' } });
    };
    const { handle } = await batches.start(12, { defaults: { ...QUICK, reconcileMs: 0 } });
    expect(await handle.result()).toMatchObject({ processed: 0, failures: { OutOfCredits: 12 } });
    const [first] = await outcomesOf(handle);
    expect(first).toMatchObject({ failure: { details: { submits: 1, runMayExist: true } } });
  });

  it('is not submitted by a group whose documents another start of the batch has adopted', async () => {
    fault = ({ operation }) => (operation === 'createBatch' ? rateLimitedReply({ retryAfter: 2 }) : undefined);
    const { handle, requests, runs } = await batches.start(12);
    await until(() => requests('createBatch').length > 0);
    const { runId } = await scene.temporal.workflow.getHandle(handle.workflowId).describe();
    writeFileSync(join(directoryOf(handle.workflowId), runId, 'closed.jsonl'), '{}\n');
    fault = undefined;
    expect(await handle.result()).toMatchObject({ processed: 0, failures: { ResultStoreFailed: 12 } });
    expect(runs()).toHaveLength(0);
  });

  it('stores the other results if a finished run has no output', async () => {
    let odd: string | undefined;
    fault = ({ operation, runId }) => {
      if (operation !== 'read' && operation !== 'result') return undefined;
      odd ??= runId;
      const run = { object: 'parse_run', id: runId, status: 'PROCESSED', output: null };
      return runId === odd ? httpReply({ status: 200, json: run }) : undefined;
    };
    const { handle } = await batches.start(12);
    await until(async () => (await handle.progress()).done === 11);
    await handle.cancel();
    await failureOf(handle.result());
  });

  it('is not submitted again if a list has no end, because the runs may be on its further pages', async () => {
    fault = ({ operation, query }) => {
      if (operation === 'createBatch') return resetReply({ acted: true });
      return operation === 'listRuns' && query['batchId'] === undefined ? page('more') : undefined;
    };
    const { handle, runs } = await batches.start(12, { defaults: { ...QUICK, reconcileMs: 0 } });
    expect(await handle.result()).toMatchObject({ processed: 0, failures: { SubmitOutcomeUnknown: 12 } });
    expect(runs()).toHaveLength(12);
  });

  it('is not submitted again if a list shows its runs without their batch', async () => {
    const seen: EmulatorRun[] = [];
    fault = ({ operation, query }) => {
      if (operation === 'createBatch') return resetReply({ acted: true });
      return operation === 'listRuns' && query['batchId'] === undefined ? listing(seen) : undefined;
    };
    const { handle, runs } = await batches.start(12, { defaults: { ...QUICK, reconcileMs: 2_000 } });
    await until(() => seen.push(...runs()) > 0);
    expect(await handle.result()).toMatchObject({ processed: 0, failures: { SubmitOutcomeUnknown: 12 } });
    expect(runs()).toHaveLength(12);
  });

  it('goes on if the list is late, and the state of one run cannot be had', async () => {
    let refused: string | undefined;
    const { handle, runs } = await batches.start(12, { defaults: { ...QUICK, deadlineMs: 8_000 } }, () => 'ok?reads=0');
    fault = ({ operation, runId }) => {
      if (operation === 'listRuns') return listing(runs());
      if (operation !== 'read' && operation !== 'result') return undefined;
      refused ??= runId;
      return runId === refused ? httpReply({ status: 500 }) : undefined;
    };
    expect(await handle.result()).toMatchObject({ processed: 11, failures: { ParseDeadlineExceeded: 1 } });
  });

  it('counts the age of a submit from its attempt, which may have waited for a worker', async () => {
    const taskQueue = `${scene.parsing.taskQueue}-one-slot`;
    const worker = await scene.createWorker(taskQueue, {
      activities: { resultDirectory: directory },
      worker: { maxConcurrentActivityTaskExecutions: 1 },
    });
    const limited = new Hold(({ operation }) => operation === 'createBatch');
    const held = new Hold(({ operation }) => operation === 'submit');
    let batchSubmits = 0;
    fault = async (request) => {
      if (request.operation === 'createBatch' && (batchSubmits += 1) === 1) {
        await limited.pass(request);
        return rateLimitedReply({ retryAfter: 2 });
      }
      await held.pass(request);
      return undefined;
    };
    await worker.runUntil(async () => {
      const client = new ParseClient({ client: scene.temporal, taskQueue });
      const documents = Array.from({ length: 12 }, (_, index) => ({
        file: { fileUrl: `http://emulator.invalid/ok?reads=0&n=slot-${index}` },
      }));
      const options = { documents, submission: 'bulk', defaults: QUICK } as const;
      const batch = await client.startBatch(options, { workflowId: taskQueue });
      await limited.arrived;
      const first = await client.start({ file: { fileUrl: scene.document('ok').fileUrl } });
      limited.release();
      // The document takes the only slot before the second attempt of the group is due.
      await held.arrived;
      await new Promise((resolve) => setTimeout(resolve, 4_000));
      const releasedAtMs = Date.now();
      held.release();
      await Promise.all([first.result(), batch.result()]);
      expect(entriesIn(directory, taskQueue).at(-1)?.atMs).toBeGreaterThanOrEqual(releasedAtMs);
    });
  });

  it('cancels its runs although Extend limits the rate', async () => {
    let refused = 0;
    fault = ({ operation }) =>
      operation === 'cancelRun' && (refused += 1) <= 6 ? rateLimitedReply({ retryAfter: 0 }) : undefined;
    const { handle, runs } = await batches.start(12, { defaults: ENDLESS }, () => 'never?reads=9999');
    await until(() => runs().length === 12);
    await handle.cancel();
    expect((await failureOf(handle.result())).type).toBe('Cancelled');
    expect(runs().filter(({ status }) => status === 'CANCELLED')).toHaveLength(12);
  });

  it('fails the documents of a group that was cancelled alone', async () => {
    const { handle, groupId, runs } = await batches.start(12, { defaults: ENDLESS }, () => 'never?reads=9999');
    await until(() => runs().length === 12);
    await scene.temporal.workflow.getHandle(await groupId(1)).cancel();
    expect(await handle.result()).toMatchObject({ total: 12, processed: 0, failures: { Cancelled: 12 } });
    expect(idsOf(await outcomesOf(handle), 'failed')).toEqual(positions(12));
  });

  it('is not disturbed by signals that name parts which do not exist', async () => {
    const { handle, runs } = await batches.start(12, { defaults: ENDLESS }, () => 'ok?reads=0');
    await until(() => runs().length === 12);
    const workflow = scene.temporal.workflow.getHandle(handle.workflowId);
    const { runId: startId } = await workflow.describe();
    const many = Array.from({ length: 20_000 }, (_, index) => `no-part-${index}`);
    for (const parts of [['../../1'], many, 5, undefined]) {
      await workflow.signal('groupProgress', { startId, group: 1, parts });
    }
    await workflow.signal('groupProgress');
    await scene.client.getHandle(`${handle.workflowId}/group/${startId}/1`).runFinished();
    expect(await handle.result()).toMatchObject({ processed: 12, failed: 0 });
    expect(idsOf(await outcomesOf(handle), 'processed')).toEqual(positions(12));
  });
});

/** The directory of a batch in the result store. */
function directoryOf(batchId: string): string {
  const [name = ''] = readdirSync(join(directory, 'batches')).filter((one) => one.startsWith(`${batchId}-`));
  return join(directory, 'batches', name);
}

/** The submits of a batch in the ledger. */
function entriesIn(path: string, batchId: string): { readonly atMs: number }[] {
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.includes(batchId) && name.includes('/submits/'))
    .map((name) => JSON.parse(readFileSync(join(path, name), 'utf8')) as { atMs: number });
}
