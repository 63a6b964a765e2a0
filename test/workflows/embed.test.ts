import { describe, expect, it } from '@jest/globals';
import { ApplicationFailure, ChildWorkflowFailure, WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import type { ParseInput, ParseProgress, ParseResult } from '../../contract';
import { until } from '../support/until';
import { historyOf } from './history';
import { Scene } from './scene';

const EMBEDDING = require.resolve('./fixtures/embedding-workflows');
const SCRIPTS = { failed: { status: 'FAILED', failureReason: 'CORRUPT_FILE' } };
const HOURLY = { jitter: 0, initialDelayMs: 0, scaleMs: 1e9, maxDelayMs: 3_600_000 };

describe('A workflow of a user', () => {
  const scene = new Scene({ workflowsPath: EMBEDDING, scripts: SCRIPTS });

  const start = (type: string, workflowId: string, ...args: unknown[]): Promise<WorkflowHandle> =>
    scene.temporal.workflow.start(type, { taskQueue: scene.parsing.taskQueue, workflowId, args });

  async function causeOf(handle: WorkflowHandle): Promise<unknown> {
    const error: unknown = await handle.result().catch((reason: unknown) => reason);
    if (!(error instanceof WorkflowFailedError)) throw new Error(`expected a failure, got ${String(error)}`);
    return error.cause;
  }

  it('parses in one of its steps, with 11 events per poll', async () => {
    const { fileUrl, workflowId } = scene.document('ok');
    const handle = await start('importDocument', workflowId, { file: { fileUrl } });
    expect(await handle.result()).toMatchObject({ submits: 1, polls: 2, output: { kind: 'inline' } });
    expect(scene.countsOf({ fileUrl })).toEqual({ submits: 1, runs: 1, polls: 2, results: 1, deletes: 0 });
    expect(await historyOf(scene.temporal, workflowId)).toHaveLength(11 * 2 + 11);
    const seen = await handle.query<ParseProgress[]>('seen');
    expect([...new Set(seen.map(({ phase }) => phase))]).toEqual(['submitting', 'waiting']);
  });

  it('fails with the typed failure', async () => {
    const { fileUrl, workflowId } = scene.document('failed');
    const cause = await causeOf(await start('importDocument', workflowId, { file: { fileUrl } }));
    expect(cause).toBeInstanceOf(ApplicationFailure);
    expect(cause).toMatchObject({
      type: 'ParserRunFailed',
      nonRetryable: true,
      details: [{ runId: scene.runOf({ fileUrl }).id, failureReason: 'CORRUPT_FILE', submits: 1 }],
    });
  });

  it.each([false, true])('finds the typed failure in its code, by a child workflow: %s', async (isByChild) => {
    const { fileUrl, workflowId } = scene.document(`failed?child=${isByChild}`);
    const handle = await start('importOrExplain', workflowId, { file: { fileUrl } }, isByChild);
    expect(await handle.result()).toEqual({
      type: 'ParserRunFailed',
      message: expect.stringContaining('CORRUPT_FILE'),
      details: expect.objectContaining({ runId: scene.runOf({ fileUrl }).id, failureReason: 'CORRUPT_FILE' }),
    });
  });

  it('does not take a cancellation for a failure', async () => {
    const { fileUrl, workflowId } = scene.document('never?cancelled');
    const handle = await start('importUntilCancelled', workflowId, { file: { fileUrl }, polling: HOURLY });
    expect(await handle.result()).toEqual({ isCancelled: true, failure: null });
  });

  it('has results whose type follows from the input', async () => {
    const { fileUrl, workflowId } = scene.document('ok?typed');
    const handle = await start('importTyped', workflowId, { fileUrl });
    expect(await handle.result()).toEqual([1, expect.stringMatching(/^# /), expect.stringMatching(/^file:/)]);
  });

  it('gets a failure that names the wrong field of its input', async () => {
    const { workflowId } = scene.document('wrong');
    const cause = await causeOf(await start('importDocument', workflowId, { file: { url: 'x' } }));
    expect(cause).toMatchObject({ type: 'InvalidInput' });
    expect((cause as Error).message).toContain('file.url is not a known field');
  });

  it('can end the wait early', async () => {
    const document = scene.document('ok');
    const { fileUrl, workflowId } = document;
    const handle = await start('importDocument', workflowId, { file: { fileUrl }, polling: HOURLY });
    await scene.seen(document, 'read');
    await until(async () => (await handle.query<ParseProgress[]>('seen')).at(-1)?.polls === 1);
    await handle.signal('webhook');
    const result = (await handle.result()) as ParseResult;
    expect(result.polls).toBe(2);
    expect(result.waitedMs).toBeLessThan(60_000);
  });

  it('can cancel the parse in a scope of its own, and go on', async () => {
    const { fileUrl, workflowId } = scene.document('never');
    // The time-skipping server hangs when a timer fires at the moment of its cancellation. Real servers do not.
    const input: ParseInput = { file: { fileUrl }, deleteRun: 'always', polling: HOURLY };
    const handle = await start('importWithin', workflowId, input, 60_000);
    expect(await handle.result()).toBe('did without it');
    expect(scene.runOf({ fileUrl }).deleted).toBe(true);
    expect(scene.countsOf({ fileUrl })).toMatchObject({ submits: 1, runs: 1, results: 0, deletes: 1 });
  });

  it('never submits again because its listener failed', async () => {
    const { fileUrl, workflowId } = scene.document('ok');
    const cause = await causeOf(await start('importWithFaultyListener', workflowId, { file: { fileUrl } }));
    expect(cause).toMatchObject({ message: 'the listener failed' });
    expect(scene.countsOf({ fileUrl })).toMatchObject({ submits: 1, runs: 1 });
  });

  it('can parse two documents at a time', async () => {
    const one = scene.document('ok');
    const other = { fileUrl: 'http://emulator.invalid/slow?n=other' };
    const handle = await start(
      'importBoth',
      one.workflowId,
      { file: { fileUrl: one.fileUrl } },
      { file: { fileUrl: other.fileUrl } },
    );
    expect(await handle.result()).toEqual([scene.runOf(one).id, scene.runOf(other).id]);
  });

  it('can parse in a child workflow', async () => {
    const { fileUrl, workflowId } = scene.document('ok');
    const handle = await start('importByChild', workflowId, { file: { fileUrl } });
    expect(await handle.result()).toMatchObject({ submits: 1, polls: 2 });
    expect(await historyOf(scene.temporal, `${workflowId}-child`)).toHaveLength(11 * 2 + 11);
  });

  it("gets the child's typed failure", async () => {
    const { fileUrl, workflowId } = scene.document('failed');
    const cause = await causeOf(await start('importByChild', workflowId, { file: { fileUrl } }));
    expect(cause).toBeInstanceOf(ChildWorkflowFailure);
    expect((cause as ChildWorkflowFailure).cause).toMatchObject({ type: 'ParserRunFailed' });
  });

  it('can use activities on another task queue', async () => {
    const { fileUrl, workflowId } = scene.document('ok');
    const taskQueue = 'elsewhere';
    const elsewhere = await scene.createWorker(taskQueue, { activities: { apiKey: 'elsewhere' } });
    await elsewhere.runUntil(async () => {
      const handle = await start('importDocument', workflowId, { file: { fileUrl } }, taskQueue);
      expect(await handle.result()).toMatchObject({ submits: 1 });
    });
    const about = scene.emulator.requests.filter((request) => scene.isAbout({ fileUrl }, request));
    expect(about).toHaveLength(4);
    for (const { headers } of about) expect(headers['authorization']).toBe('Bearer elsewhere');
  });

  it('ends at the deadline when no worker serves the task queue of the activities, and no run can exist', async () => {
    const { fileUrl, workflowId } = scene.document('ok');
    // This takes real time: the server skips none while an activity waits for a worker.
    const input: ParseInput = { file: { fileUrl }, deadlineMs: 700 };
    const cause = await causeOf(await start('importDocument', workflowId, input, 'no-worker-polls-here'));
    expect(cause).toMatchObject({ type: 'ParseDeadlineExceeded', details: [{ submits: 0 }] });
    expect((cause as ApplicationFailure).details?.[0]).not.toHaveProperty('runMayExist');
    expect(scene.countsOf({ fileUrl })).toMatchObject({ submits: 0, runs: 0 });
  });

  it('leaves histories that a worker without cached workflows replays', async () => {
    const errors = await scene.replayErrors();
    expect(errors.length).toBeGreaterThan(10);
    expect(errors.filter(Boolean)).toEqual([]);
  });
});
