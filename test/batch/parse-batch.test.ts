import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { type BatchHandle, InvalidInputError, ParseClient, type ParseResult } from '../../client';
import { resetReply } from '../../testing';
import { createParseWorker } from '../../worker';
import { createDevEnv } from '../support/servers';
import { until } from '../support/until';
import { bundledWorkflows } from '../workflows/bundled-workflows';
import { failureOf, Scene } from '../workflows/scene';
import { documents, ENDLESS, endedUrlOf, idsOf, outcomesOf, positions, QUICK, urlOf } from './batches';

const directory = mkdtempSync(join(tmpdir(), 'batch-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('parseBatch', () => {
  const scene = new Scene({
    server: 'dev-server',
    parse: { resultDirectory: directory },
    scripts: { lost: { submit: [resetReply({ acted: true })], processingReads: 0 } },
  });
  const keyOf = (name: string) => `batch ${name}`;
  const runsOf = (batch: string) =>
    scene.emulator.runs.filter(({ fileUrl }) => fileUrl?.includes(`?n=${encodeURIComponent(keyOf(batch))}-`));

  it('parses each document once, writes the outcome of each, and with retryFailed parses only the failed ones again', async () => {
    const key = keyOf('all');
    const list = documents(encodeURIComponent(key), 10, { failing: true, ended: true });
    const input = { documents: list, defaults: QUICK };
    const handle = await scene.client.startBatch(input, { idempotencyKey: key });
    const result = await handle.result();
    const failures = { ParserRunFailed: 1 };
    const outcomes = { uri: expect.stringMatching(/^file:\/\/\/.*\/outcomes$/), segments: 1 };
    expect(result).toEqual({ total: 10, processed: 9, failed: 1, skippedLines: 0, failures, outcomes });
    expect(await handle.progress()).toEqual({ total: 10, done: 10, failed: 1, inFlight: 0, failures });
    const written = await outcomesOf(handle);
    expect([written.length, idsOf(written, 'processed'), idsOf(written, 'failed')]).toEqual([10, positions(9), ['10']]);
    const same = await scene.client.startBatch(input, { idempotencyKey: key });
    expect(await same.result()).toEqual(result);
    expect(runsOf('all')).toHaveLength(10);
    const retried = await scene.client.startBatch({ ...input, retryFailed: true }, { idempotencyKey: key });
    expect(await retried.result()).toMatchObject({ total: 10, processed: 9, failed: 1 });
    expect(runsOf('all')).toHaveLength(11);
    const again = await outcomesOf(retried);
    expect([again.length, idsOf(again, 'processed'), idsOf(again, 'failed')]).toEqual([10, positions(9), ['10']]);
  });

  it('reads all pages of its documents, and writes all segments of their outcomes', async () => {
    const key = keyOf('many');
    // A run that exists already, and no poll: such a document takes one task of its workflow, and no request.
    const list = Array.from({ length: 201 }, (_, index) => ({ runId: `pr_${index}`, ...ENDLESS }));
    const input = { documents: list, width: 201, onCancel: 'abandon' } as const;
    const handle = await scene.client.startBatch(input, { idempotencyKey: key });
    await until(async () => (await handle.progress()).inFlight === 201);
    await handle.cancel();
    await expectCancelled(handle);
    const outcomes = await outcomesOf(handle);
    expect([outcomes.length, idsOf(outcomes, 'left')]).toEqual([201, positions(201)]);
    expect(await scene.temporal.workflow.getHandle(key).query('outcomes')).toMatchObject({ segments: 2 });
  });

  it('gives a reference to each result, the reason of each failure, polls and duration', async () => {
    const key = keyOf('two');
    const list = [
      { id: 'good', file: { fileUrl: urlOf(encodeURIComponent(key), 0) } },
      { id: 'bad', file: { fileUrl: urlOf(encodeURIComponent(key), 1, 'failing') } },
    ];
    const handle = await scene.client.startBatch({ documents: list, defaults: QUICK }, { idempotencyKey: key });
    await handle.result();
    const outcomes = await outcomesOf(handle);
    const [good, bad] = ['good', 'bad'].map((id) => outcomes.find((outcome) => 'id' in outcome && outcome.id === id));
    const durationMs = expect.any(Number);
    expect(good).toMatchObject({ status: 'processed', workflowId: `${key}/good`, polls: 2, durationMs });
    expect(bad).toMatchObject({
      status: 'failed',
      workflowId: `${key}/bad`,
      failure: { type: 'ParserRunFailed', details: { failureReason: 'CORRUPT_FILE', polls: 3 } },
      polls: 3,
      durationMs,
    });
    const { result } = good as { result: ParseResult };
    expect(result).toMatchObject({ pageCount: 1, output: { kind: 'stored', uri: expect.stringMatching(/^file:/) } });
    const stored = await scene.client.readRun(result);
    expect(stored.id).toBe(result.runId);
  });

  it('keeps to its width, which can be changed, and starts nothing while paused', async () => {
    const key = keyOf('steered');
    const list = documents(encodeURIComponent(key), 12).map(({ file }, index) => ({
      file: { fileUrl: file.fileUrl.replace('/ok?', index < 6 ? '/never?' : '/ok?') },
      ...ENDLESS,
    }));
    const handle = await scene.client.startBatch({ documents: list, width: 2 }, { idempotencyKey: key });
    const inFlight = async (count: number) =>
      until(async () => (await handle.progress()).inFlight === count && runsOf('steered').length >= count);
    await inFlight(2);
    await handle.pause();
    expect(await handle.setWidth(4)).toBe(4);
    expect(await handle.progress()).toMatchObject({ total: 12, done: 0, inFlight: 2 });
    await handle.resume();
    await inFlight(4);
    expect(runsOf('steered')).toHaveLength(4);
    expect(await scene.temporal.workflow.getHandle(key).executeUpdate('setWidth', { args: [{ width: 6 }] })).toBe(6);
    await inFlight(6);
    await expect(handle.setWidth(0)).rejects.toBeInstanceOf(WorkflowUpdateFailedError);
    await expect(handle.setWidth(501)).rejects.toThrow();
    await expect(handle.setWidth(1.5)).rejects.toThrow();
    const long = scene.temporal.workflow.getHandle(key).executeUpdate('setWidth', { args: ['x'.repeat(700_000)] });
    await expect(long).rejects.toMatchObject({
      cause: { message: `width must be a whole number from 1 to 500, got "${'x'.repeat(80)}…"` },
    });
    await handle.cancel();
    await expectCancelled(handle);
    expect(idsOf(await outcomesOf(handle), 'cancelled')).toEqual(positions(6));
    expect(runsOf('steered')).toHaveLength(6);
  });

  it('cancels the documents in flight when it is cancelled, and attaches to their runs when it is started again', async () => {
    const key = keyOf('cancelled');
    const name = encodeURIComponent(key);
    const [ok, held] = [{ fileUrl: endedUrlOf(name, 0) }, { fileUrl: endedUrlOf(name, 1) }];
    const input = {
      documents: [
        { file: ok, ...QUICK },
        { file: held, ...ENDLESS },
      ],
    };
    const handle = await scene.client.startBatch(input, { idempotencyKey: key });
    await until(async () => (await handle.progress()).done === 1);
    await handle.cancel();
    await expectCancelled(handle);
    expect(await statusOf(`${key}/2`)).toBe('CANCELLED');
    const cancelled = await outcomesOf(handle);
    expect([idsOf(cancelled, 'processed'), idsOf(cancelled, 'cancelled')]).toEqual([['1'], ['2']]);
    expect(cancelled).toContainEqual(expect.objectContaining({ status: 'cancelled', runId: scene.runOf(held).id }));
    const again = await scene.client.startBatch(input, { idempotencyKey: key });
    expect(await again.result()).toMatchObject({ total: 2, processed: 2, failed: 0 });
    expect([scene.runsOf(ok).length, scene.runsOf(held).length]).toEqual([1, 1]);
    expect(idsOf(await outcomesOf(again), 'processed')).toEqual(['1', '2']);
  });

  it('leaves the documents in flight with onCancel abandon, reports them, and adopts them when it is started again', async () => {
    const key = keyOf('left');
    const fileUrl = endedUrlOf(encodeURIComponent(key), 0);
    const input = { documents: [{ file: { fileUrl }, ...ENDLESS }], onCancel: 'abandon' } as const;
    const handle = await scene.client.startBatch(input, { idempotencyKey: key });
    await scene.seen({ fileUrl, workflowId: key }, 'submit');
    await handle.cancel();
    await expectCancelled(handle);
    expect(idsOf(await outcomesOf(handle), 'left')).toEqual(['1']);
    expect(await statusOf(`${key}/1`)).toBe('RUNNING');
    const again = await scene.client.startBatch(input, { idempotencyKey: key });
    await until(async () => (await again.progress()).inFlight === 1);
    await wake(`${key}/1`);
    expect(await again.result()).toMatchObject({ total: 1, processed: 1 });
    expect(runsOf('left')).toHaveLength(1);
  });

  it('adopts the documents that a terminated batch had in flight or had not written', async () => {
    const key = keyOf('terminated');
    const name = encodeURIComponent(key);
    const held = { fileUrl: endedUrlOf(name, 9), workflowId: key };
    const list = [
      ...documents(name, 3, { ended: true }).map((document) => ({ ...document, ...QUICK })),
      { file: { fileUrl: held.fileUrl }, ...ENDLESS },
    ];
    const input = { documents: list };
    const handle = await scene.client.startBatch(input, { idempotencyKey: key });
    await scene.seen(held, 'submit');
    await until(async () => (await handle.progress()).done === 3);
    await scene.temporal.workflow.getHandle(key).terminate();
    const again = await scene.client.startBatch(input, { idempotencyKey: key });
    await until(async () => (await again.progress()).inFlight === 1 && (await again.progress()).done === 3);
    await wake(`${key}/4`);
    expect(await again.result()).toMatchObject({ total: 4, processed: 4, failed: 0 });
    expect(await outcomesOf(again)).toHaveLength(4);
    expect(runsOf('terminated')).toHaveLength(4);
  });

  it('stops after the given failures, and continues with the other documents when it is started again', async () => {
    const key = keyOf('stopped');
    const name = encodeURIComponent(key);
    const list = [0, 1, 2, 3, 4].map((n) => ({ file: { fileUrl: endedUrlOf(name, n, n < 2 ? 'failing' : 'ok') } }));
    const input = { documents: list, defaults: QUICK, width: 1, stopAfterFailures: 1 };
    const handle = await scene.client.startBatch(input, { idempotencyKey: key });
    expect(await handle.result()).toMatchObject({ total: 5, processed: 0, failed: 1 });
    const second = await scene.client.startBatch(input, { idempotencyKey: key });
    expect(await second.result()).toMatchObject({ total: 5, processed: 0, failed: 2 });
    const third = await scene.client.startBatch(input, { idempotencyKey: key });
    expect(await third.result()).toMatchObject({ total: 5, processed: 3, failed: 2 });
    expect(idsOf(await outcomesOf(third), 'failed')).toEqual(['1', '2']);
    expect(runsOf('stopped')).toHaveLength(5);
  });

  it('that Temporal has forgotten continues from the result store, and never submits a document again that may be billed', async () => {
    const key = keyOf('forgotten');
    const urls = ['ok', 'lost', 'failing'].map((script, n) => endedUrlOf(encodeURIComponent(key), n, script));
    const input = {
      documents: urls.map((fileUrl) => ({ file: { fileUrl } })),
      defaults: { ...QUICK, onAmbiguousSubmit: 'fail' },
      retryFailed: true,
    } as const;
    const ended = { total: 3, processed: 1, failures: { SubmitOutcomeUnknown: 1, ParserRunFailed: 1 } };
    await onOtherServer(async (client) => {
      const first = await client.startBatch(input, { idempotencyKey: key });
      expect(await first.result()).toMatchObject(ended);
    });
    const second = await scene.client.startBatch(input, { idempotencyKey: key });
    expect(await second.result()).toMatchObject(ended);
    // The document that failed is parsed once more, and no other one.
    expect(
      runsOf('forgotten')
        .map(({ fileUrl }) => fileUrl)
        .sort(),
    ).toEqual([...urls, urls[2]].sort());
    const outcomes = await outcomesOf(second);
    expect([idsOf(outcomes, 'processed'), idsOf(outcomes, 'failed')]).toEqual([['1'], ['2', '3']]);
  });

  it('refuses bad input before anything is started, and the worker refuses it too', async () => {
    await expect(scene.client.startBatch({ documents: [] })).rejects.toBeInstanceOf(InvalidInputError);
    const started = scene.temporal.workflow.execute('parseBatch', {
      taskQueue: scene.parsing.taskQueue,
      workflowId: 'bad',
      args: [{ documents: [{ file: { fileUrl: 'nowhere' } }] }],
    });
    await expect(started).rejects.toMatchObject({
      cause: { type: 'InvalidInput', message: expect.stringContaining('documents[0]: file.fileUrl must be') },
    });
    const progress = await scene.client.getBatchHandle('bad').progress();
    expect(progress).toEqual({ done: 0, failed: 0, inFlight: 0, failures: {} });
  });

  it('returns the batch that runs under its key, and refuses the key for other documents', async () => {
    const input = { documents: documents('same', 2, { ended: true }), defaults: QUICK };
    const [one, other] = await Promise.all([
      scene.client.startBatch(input, { idempotencyKey: 'same' }),
      scene.client.startBatch(input, { idempotencyKey: 'same' }),
    ]);
    expect(await one.result()).toEqual(await other.result());
    expect(scene.emulator.runs.filter(({ fileUrl }) => fileUrl?.includes('?n=same-'))).toHaveLength(2);
    const others = scene.client.startBatch({ documents: documents('others', 2) }, { idempotencyKey: 'same' });
    await expect(others).rejects.toMatchObject({ name: 'IdempotencyKeyReusedError', workflowId: 'same' });
  });

  /** Ends the wait for a document's first poll. */
  async function wake(workflowId: string): Promise<void> {
    await scene.client.getHandle(workflowId).runFinished();
  }

  async function expectCancelled(handle: BatchHandle): Promise<void> {
    expect((await failureOf(handle.result())).type).toBe('Cancelled');
  }

  /** Runs a worker on the shared server, with the emulator and the result store of the scene. */
  async function onOtherServer(act: (client: ParseClient) => Promise<void>): Promise<void> {
    const env = await createDevEnv();
    const taskQueue = 'batch-forgotten';
    const worker = await createParseWorker({
      connection: env.nativeConnection,
      taskQueue,
      activities: { apiKey: 'test', baseUrl: scene.emulator.url, resultDirectory: directory },
      shutdownGraceTimeMs: 0,
      worker: { workflowBundle: await bundledWorkflows() },
    });
    await worker.runUntil(act(new ParseClient({ client: env.client, taskQueue, resultDirectory: directory })));
    await env.teardown();
  }

  async function statusOf(workflowId: string): Promise<string> {
    return (await scene.temporal.workflow.getHandle(workflowId).describe()).status.name;
  }
});
