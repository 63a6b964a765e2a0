/** Risk tested here: another start of the same document pays again for a run whose id is known, or that may exist. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { ParseClient, type BatchInput } from '../../client';
import { API_VERSIONS } from '../../contract/extend';
import { createFileStore, type ResultStore } from '../../storage';
import { hangReply, naturalReply, rateLimitedReply, resetReply } from '../../testing';
import { outcomesOf } from '../batch/batches';
import { until } from '../support/until';
import { failureOf, Scene } from './scene';

const directory = mkdtempSync(join(tmpdir(), 'restarts-'));
afterAll(() => rmSync(directory, { recursive: true }));

const QUICK = { polling: { initialDelayMs: 0, maxDelayMs: 10 } } as const;
/** A store that refuses while it is broken. */
let isBroken = false;
const files = createFileStore({ directory });
const resultStore: ResultStore = {
  ...files,
  write: (name, content, options) => {
    const isRun = name.startsWith('parser_run_') || name.startsWith('pr_');
    return isBroken && isRun ? Promise.reject(new Error('broken')) : files.write(name, content, options);
  },
};

/** A client that reads stored results. */
function reading({ temporal, parsing }: Scene): ParseClient {
  return new ParseClient({ client: temporal, taskQueue: parsing.taskQueue, resultStore });
}

/** Refuses each submit for a long time. */
const LIMITED = Array.from({ length: 50 }, () => rateLimitedReply({ retryAfter: 1 }));

describe.each(API_VERSIONS)('Another start of a document, on version %s,', (apiVersion) => {
  const scene = new Scene({
    server: 'shared-dev-server',
    apiVersion,
    parse: { resultStore, maxInlineBytes: 20_000 },
    scripts: {
      ok: { processingReads: 0 },
      large: { processingReads: 0, resultBytes: 100_000 },
      slow: { processingReads: 1_000 },
      failing: { status: 'FAILED', processingReads: 0 },
      late: { submit: [hangReply({ acted: true })], processingReads: 0 },
      refused: { status: 'FAILED', processingReads: 0, submit: [naturalReply(), ...LIMITED] },
    },
  });

  it('attaches to the run whose result was too large', async () => {
    const { fileUrl, workflowId } = scene.document('large');
    const start = (result: 'inline' | 'stored') =>
      scene.client.execute({ file: { fileUrl }, ...QUICK, result }, { idempotencyKey: workflowId });
    for (let count = 0; count < 2; count += 1) {
      expect(await failureOf(start('inline'))).toMatchObject({ type: 'ResultTooLarge', details: { submits: 1 } });
    }
    const { id } = scene.runOf({ fileUrl });
    expect(await start('stored')).toMatchObject({ runId: id, submits: 1, output: { kind: 'stored' } });
    expect(scene.runsOf({ fileUrl })).toHaveLength(1);
  });

  it('attaches to the run that the deadline left', async () => {
    const { fileUrl, workflowId } = scene.document('slow');
    const start = (deadlineMs: number) =>
      scene.client.start({ file: { fileUrl }, ...QUICK, deadlineMs }, { idempotencyKey: workflowId });
    expect(await failureOf((await start(1_000)).result())).toMatchObject({ type: 'ParseDeadlineExceeded' });
    const again = await start(3_600_000);
    await scene.seen({ fileUrl, workflowId }, 'poll', 3);
    expect(scene.runsOf({ fileUrl })).toHaveLength(1);
    expect(await again.progress()).toMatchObject({ runId: scene.runOf({ fileUrl }).id, submits: 1 });
    await again.cancel();
  });

  it('attaches after a termination', async () => {
    const { fileUrl, workflowId } = scene.document('slow');
    const start = () => scene.client.start({ file: { fileUrl }, ...QUICK }, { idempotencyKey: workflowId });
    await start();
    await scene.seen({ fileUrl, workflowId }, 'poll');
    await scene.temporal.workflow.getHandle(workflowId).terminate();
    const again = await start();
    await scene.seen({ fileUrl, workflowId }, 'poll', 3);
    expect(await again.progress()).toMatchObject({ runId: scene.runOf({ fileUrl }).id, submits: 1 });
    await again.cancel();
  });

  it('submits again after a run that has failed, and counts both', async () => {
    const { fileUrl, workflowId } = scene.document('failing');
    const start = () => scene.client.execute({ file: { fileUrl }, ...QUICK }, { idempotencyKey: workflowId });
    expect(await failureOf(start())).toMatchObject({ type: 'ParserRunFailed', details: { submits: 1 } });
    expect(await failureOf(start())).toMatchObject({ type: 'ParserRunFailed', details: { submits: 2 } });
    expect(scene.runsOf({ fileUrl })).toHaveLength(2);
  });

  it('says that a run may exist only if a submit has no answer, of whatever start', async () => {
    const { fileUrl, workflowId } = scene.document('refused');
    const start = (deadlineMs: number) => {
      const input = { file: { fileUrl }, ...QUICK, deadlineMs, onAmbiguousSubmit: 'fail' } as const;
      return scene.client.execute(input, { idempotencyKey: workflowId });
    };
    expect(await failureOf(start(60_000))).toMatchObject({ type: 'ParserRunFailed', details: { submits: 1 } });
    const { type, details } = await failureOf(start(1_000));
    expect([type, details.runMayExist]).toEqual(['ParseDeadlineExceeded', undefined]);
  });

  it('stores, in a batch, the result of a run that a key has parsed inline', async () => {
    const { fileUrl, workflowId: key } = scene.document('ok');
    await scene.client.execute({ file: { fileUrl }, ...QUICK }, { idempotencyKey: `${key}/1` });
    const documents = [{ file: { fileUrl }, ...QUICK }];
    const batch = await reading(scene).startBatch({ documents }, { idempotencyKey: key });
    await batch.result();
    const { id: runId } = scene.runOf({ fileUrl });
    const [outcome] = await outcomesOf(batch);
    expect(outcome).toMatchObject({ status: 'processed', result: { runId, submits: 1, output: { kind: 'stored' } } });
  });

  it('ends a batch whose document has an id that every object has as a member', async () => {
    const { fileUrl, workflowId: key } = scene.document('slow');
    const documents = [{ id: 'constructor', file: { fileUrl }, ...QUICK }];
    const batch = await scene.client.startBatch({ documents }, { idempotencyKey: key });
    await scene.seen({ fileUrl, workflowId: key }, 'poll');
    await batch.cancel();
    await expect(batch.result()).rejects.toThrow();
    const again = await reading(scene).startBatch({ documents }, { idempotencyKey: key });
    await scene.seen({ fileUrl, workflowId: key }, 'poll', 3);
    await again.cancel();
    await expect(again.result()).rejects.toThrow();
    expect(await outcomesOf(again)).toMatchObject([{ id: 'constructor', status: 'cancelled' }]);
  });

  it("never submits a document of 'fail' again whose submit has no answer, in a batch with retryFailed", async () => {
    const { fileUrl, workflowId: key } = scene.document('late');
    const document = { file: { fileUrl }, ...QUICK, deadlineMs: 2_000, onAmbiguousSubmit: 'fail' } as const;
    const first = await (await scene.client.startBatch({ documents: [document] }, { idempotencyKey: key })).result();
    expect(first).toMatchObject({ failed: 1 });
    const again = await scene.client.startBatch({ documents: [document], retryFailed: true }, { idempotencyKey: key });
    const { processed, failed } = await again.result();
    // Version 2026-02-09 finds the run in the list.
    expect([processed, failed]).toEqual(apiVersion === '2026-02-09' ? [1, 0] : [0, 1]);
    expect(scene.countsOf({ fileUrl })).toMatchObject({ submits: 1, runs: 1 });
  });

  it('attaches, in a batch, to the runs whose store refused', async () => {
    const { workflowId: key } = scene.document('ok');
    const documents = Array.from({ length: 3 }, () => ({
      file: { fileUrl: scene.document('ok').fileUrl },
      ...QUICK,
      deadlineMs: 4_000,
    }));
    const start = (input: Partial<BatchInput> = {}) =>
      scene.client.startBatch({ documents, ...input }, { idempotencyKey: key });
    isBroken = true;
    try {
      expect(await (await start()).result()).toMatchObject({ failed: 3 });
    } finally {
      isBroken = false;
    }
    const again = await start({ retryFailed: true });
    expect(await again.result()).toMatchObject({ processed: 3, failed: 0 });
    for (const { file } of documents) expect(scene.runsOf(file)).toHaveLength(1);
  });

  it('never reports the result of another document, in batches and under keys', async () => {
    const { workflowId: key } = scene.document('ok');
    const urls = [0, 1, 2].map(() => scene.document('ok').fileUrl);
    const batch = async (batchKey: string, id: string, fileUrl = '') => {
      const input = { documents: [{ id, file: { fileUrl }, ...QUICK }] };
      const handle = await reading(scene).startBatch(input, { idempotencyKey: batchKey });
      await handle.result();
      const [outcome] = await outcomesOf(handle);
      return outcome;
    };
    const outcomes = [await batch(key, '2026/1', urls[0]), await batch(`${key}/2026`, '1', urls[1])];
    await scene.client.execute({ file: { fileUrl: urls[2] ?? '' }, ...QUICK }, { idempotencyKey: `${key}/single/3` });
    outcomes.push(await batch(`${key}/single`, '3', urls[0]));
    const runs = urls.map((fileUrl) => scene.runsOf({ fileUrl }).map(({ id }) => id));
    expect(outcomes).toMatchObject([
      { status: 'processed', result: { runId: runs[0]?.[0] } },
      { status: 'processed', result: { runId: runs[1]?.[0] } },
      { status: 'processed', result: { runId: runs[0]?.[1] } },
    ]);
    expect(runs.map(({ length }) => length)).toEqual([2, 1, 1]);
  });
});

describe('After the retention period of Temporal, a batch', () => {
  const scene = new Scene({
    server: 'shared-dev-server',
    apiVersion: '2025-04-21',
    parse: { resultStore },
    scripts: {
      slow: { processingReads: 1_000 },
      late: { submit: [hangReply({ acted: true })], processingReads: 0 },
    },
  });

  it('attaches to the runs of its outcomes, and submits no document again whose run may exist', async () => {
    const [slow, late] = [scene.document('slow'), scene.document('late')];
    const { workflowId: key } = slow;
    const start = async ({ isPaused = false } = {}) => {
      const options = { ...QUICK, deadlineMs: 2_000, onAmbiguousSubmit: 'fail' } as const;
      const documents = [slow, late].map(({ fileUrl }) => ({ file: { fileUrl }, ...options }));
      const workflow = isPaused ? { startDelay: 1_000 } : {};
      const handle = await reading(scene).startBatch(
        { documents, retryFailed: true },
        { idempotencyKey: key, workflow },
      );
      if (isPaused) await handle.pause();
      return handle;
    };
    expect(await (await start()).result()).toMatchObject({ failures: { ParseDeadlineExceeded: 2 } });
    await Promise.all(['1', '2'].map((id) => forget(scene, `${key}/${id}`)));
    // This start ends before it comes to the documents.
    const paused = await start({ isPaused: true });
    await until(async () => (await paused.progress()).total === 2);
    await scene.temporal.workflow.getHandle(key).terminate();
    const again = await start();
    await again.result();
    const outcomes = await outcomesOf(again);
    const { id: runId } = scene.runOf(slow);
    expect(outcomes.filter(({ status }) => status === 'failed')).toMatchObject([
      { id: '2', failure: { type: 'SubmitOutcomeUnknown', details: { submits: 1, runMayExist: true } } },
      { id: '1', failure: { type: 'ParseDeadlineExceeded', details: { submits: 1, runId } } },
    ]);
    expect([slow, late].map((document) => scene.countsOf(document).submits)).toEqual([1, 1]);
  });
});

/** Deletes a workflow, as Temporal does after the retention period. */
async function forget({ temporal }: Scene, workflowId: string): Promise<void> {
  const { workflowService } = temporal.connection;
  await workflowService.deleteWorkflowExecution({ namespace: 'default', workflowExecution: { workflowId } });
  const isForgotten = () =>
    temporal.workflow
      .getHandle(workflowId)
      .describe()
      .then(
        () => false,
        () => true,
      );
  await until(isForgotten);
}

describe('Another start of a document whose answer was lost, on version 2026-02-09,', () => {
  const scene = new Scene({
    server: 'shared-dev-server',
    apiVersion: '2026-02-09',
    emulator: { runList: { lagAnswers: 1 } },
    scripts: {
      late: { submit: [resetReply({ acted: true })], processingReads: 0 },
      lostAndFailing: { submit: [resetReply({ acted: true })], status: 'FAILED', processingReads: 0 },
    },
  });

  it("looks again after SubmitOutcomeUnknown, with 'fail', and submits nothing", async () => {
    const { fileUrl, workflowId } = scene.document('late');
    const start = () => {
      const input = { file: { fileUrl }, ...QUICK, reconcileMs: 1, onAmbiguousSubmit: 'fail' } as const;
      return scene.client.execute(input, { idempotencyKey: workflowId });
    };
    // The list lacks the run at the first look. The last look is the second one.
    const failed = await start().catch(() => undefined);
    expect(failed ?? (await start())).toMatchObject({ submits: 1, adopted: true });
    expect(scene.countsOf({ fileUrl })).toMatchObject({ submits: 1, runs: 1 });
  });

  it('submits anew if the lost run has failed', async () => {
    const { fileUrl, workflowId } = scene.document('lostAndFailing');
    const input = { file: { fileUrl }, ...QUICK, reconcileMs: 600_000 } as const;
    const looks = () => scene.emulator.requests.filter(({ operation }) => operation === 'listRuns').length;
    const before = looks();
    await scene.client.start(input, { idempotencyKey: workflowId });
    await until(() => Promise.resolve(looks() > before));
    await scene.temporal.workflow.getHandle(workflowId).terminate();
    const again = await failureOf(scene.client.execute(input, { idempotencyKey: workflowId }));
    expect(again).toMatchObject({ type: 'ParserRunFailed', details: { submits: 2 } });
    expect(scene.runsOf({ fileUrl })).toHaveLength(2);
  });
});
