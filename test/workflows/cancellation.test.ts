import { describe, expect, it } from '@jest/globals';
import { CancelledFailure, WorkflowFailedError } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { httpReply, resetReply } from '../../testing';
import { until } from '../support/until';
import { bundledWorkflows } from './bundled-workflows';
import { activitiesOf, historyOf, untilActivityCancelRequested } from './history';
import { failureOf, Scene, type TestDocument } from './scene';

const SCRIPTS = {
  done: { processingReads: 0 },
  failing: { reads: Array.from({ length: 100 }, () => httpReply({ status: 500, json: { error: 'down' } })) },
  lost: { submit: Array.from({ length: 10 }, () => resetReply({ acted: true })) },
  refused: { submit: [httpReply({ status: 429, headers: { 'retry-after': '300' }, json: { error: 'slow down' } })] },
};
const ENGINES = ['timer', 'retry'] as const;

/** The run goes on at Extend, in each version of the API. `cancel-run.test.ts` has the cancellation at Extend. */
const LEFT = { onCancel: 'leave' } as const;

describe('Cancelling', () => {
  // The time-skipping server hangs when an activity ends while its cancellation is in flight.
  const scene = new Scene({ server: 'shared-dev-server', scripts: SCRIPTS });

  /** Cancels, and expects the workflow to end as cancelled without waiting for a timer or an activity. */
  async function cancelled({ workflowId }: TestDocument): Promise<void> {
    const handle = scene.temporal.workflow.getHandle(workflowId);
    await handle.cancel();
    const error: unknown = await handle.result().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(WorkflowFailedError);
    expect((error as WorkflowFailedError).cause).toBeInstanceOf(CancelledFailure);
    expect((await handle.describe()).status.name).toBe('CANCELLED');
    const events = await historyOf(scene.temporal, workflowId);
    const requestedAt = events.findIndex((event) => event.workflowExecutionCancelRequestedEventAttributes);
    const awaited = events
      .slice(requestedAt)
      .filter(
        (event) =>
          event.timerFiredEventAttributes ??
          event.activityTaskTimedOutEventAttributes ??
          event.activityTaskCanceledEventAttributes,
      );
    expect([requestedAt > 0, awaited]).toEqual([true, []]);
  }

  it('waits for a submit in flight, so that the run id becomes known', async () => {
    const document = scene.document('never');
    const hold = scene.hold(document, 'submit');
    const handle = await scene.start(document);
    await hold.arrived;
    await handle.cancel();
    await untilActivityCancelRequested(scene.temporal, document.workflowId);
    expect((await handle.progress()).phase).toBe('submitting');
    hold.release();
    expect(await failureOf(handle.result())).toMatchObject({ type: 'Cancelled' });
    expect(await handle.progress()).toMatchObject({ runId: scene.runOf(document).id, submits: 1 });
    expect(scene.countsOf(document)).toMatchObject({ submits: 1, runs: 1, polls: 0, deletes: 0 });
  });

  it.each(ENGINES)('ends a wait at once: %s', async (engine) => {
    const document = scene.document('never');
    const handle = await scene.start(document, {
      ...LEFT,
      polling: { engine, initialDelayMs: 0, scaleMs: 3_600_000, maxDelayMs: 3_600_000 },
    });
    await scene.seen(document, 'read');
    await cancelled(document);
    expect((await handle.progress()).runId).toBe(scene.runOf(document).id);
    expect(scene.countsOf(document)).toMatchObject({ submits: 1, polls: 1, deletes: 0 });
    expect(scene.requestsOf(document, 'cancelRun')).toEqual([]);
    const activities = activitiesOf(await historyOf(scene.temporal, document.workflowId));
    expect(activities.map(({ type }) => type)).toEqual(['submitParse', 'getStatus']);
    expect(await scene.detailsOf(document)).toMatch(/^\*\*cancelled\*\*: the run at Extend goes on\n/);
  });

  it.each(ENGINES)('ends the wait for the first poll at once: %s', async (engine) => {
    const document = scene.document('never');
    const handle = await scene.start(document, { ...LEFT, polling: { engine, initialDelayMs: 3_600_000 } });
    await until(async () => (await handle.progress()).phase === 'waiting');
    await cancelled(document);
    expect(scene.countsOf(document)).toMatchObject({ submits: 1, polls: 0 });
  });

  it.each(ENGINES)('ends the backoff of a failing poll at once: %s', async (engine) => {
    const document = scene.document('failing');
    await scene.start(document, { ...LEFT, polling: { engine, initialDelayMs: 0 } });
    await until(async () => {
      const { raw } = await scene.temporal.workflow.getHandle(document.workflowId).describe();
      return raw.pendingActivities?.[0]?.attempt === 2;
    });
    await cancelled(document);
  });

  it.each(ENGINES)('does not wait for a poll in flight: %s', async (engine) => {
    const document = scene.document('never');
    const hold = scene.hold(document, 'read');
    await scene.start(document, { polling: { engine, initialDelayMs: 0 } });
    await hold.arrived;
    await cancelled(document);
    hold.release();
  });

  it('does not wait for a fetch in flight', async () => {
    const document = scene.document('done');
    const hold = scene.hold(document, 'result');
    await scene.start(document, { polling: { initialDelayMs: 0 } });
    await hold.arrived;
    await cancelled(document);
    hold.release();
  });

  it('ends the pause after a rejected submit at once', async () => {
    const document = scene.document('refused');
    await scene.start(document);
    await scene.seen(document, 'submit');
    await cancelled(document);
    expect(scene.countsOf(document)).toMatchObject({ submits: 1, runs: 0 });
  });

  it('is not delayed by a submit without an answer, and counts the submit', async () => {
    const document = scene.document('lost');
    const handle = await scene.start(document);
    await until(async () => (await handle.progress()).submits === 1);
    await cancelled(document);
    expect(await handle.progress()).toMatchObject({ submits: 1, phase: 'ended' });
    expect(scene.countsOf(document)).toMatchObject({ submits: 1, runs: 1 });
  });

  it.each([
    ['always', true],
    ['afterSuccess', false],
  ] as const)("deletes the run only with deleteRun 'always': %s", async (deleteRun, deleted) => {
    const document = scene.document('never');
    await scene.start(document, {
      deleteRun,
      polling: { initialDelayMs: 0, scaleMs: 3_600_000, maxDelayMs: 3_600_000 },
    });
    await scene.seen(document, 'read');
    await cancelled(document);
    expect(scene.countsOf(document).deletes).toBe(deleted ? 1 : 0);
    expect(scene.runOf(document).deleted).toBe(deleted);
  });

  it('sends nothing for a document that no worker has received', async () => {
    const { fileUrl, workflowId } = scene.document('ok');
    const taskQueue = `${scene.parsing.taskQueue}-later`;
    const handle = await scene.temporal.workflow.start('parseDocument', {
      taskQueue,
      workflowId,
      args: [{ file: { fileUrl }, deleteRun: 'always' }],
    });
    await handle.cancel();
    const worker = await scene.createWorker(taskQueue);
    const failure = await worker.runUntil(failureOf(scene.client.getHandle(workflowId).result()));
    expect(failure.type).toBe('Cancelled');
    expect(scene.countsOf({ fileUrl })).toMatchObject({ submits: 0, runs: 0, deletes: 0 });
  });

  it('sends nothing for a submit that waits for a worker', async () => {
    const { fileUrl, workflowId } = scene.document('ok');
    const taskQueue = `${scene.parsing.taskQueue}-no-activities`;
    const handle = await scene.temporal.workflow.start('parseDocument', {
      taskQueue,
      workflowId,
      args: [{ file: { fileUrl }, deleteRun: 'always' }],
    });
    const worker = await Worker.create({
      connection: scene.parsing.env.nativeConnection,
      taskQueue,
      workflowBundle: await bundledWorkflows(),
    });
    await worker.runUntil(async () => {
      await until(async () => (await handle.describe()).raw.pendingActivities?.length === 1);
      await handle.cancel();
      expect(await failureOf(scene.client.getHandle(workflowId).result())).toMatchObject({ type: 'Cancelled' });
    });
    expect(scene.countsOf({ fileUrl })).toMatchObject({ submits: 0, runs: 0, deletes: 0 });
  });

  it('leaves histories that a worker without cached workflows replays', async () => {
    const errors = await scene.replayErrors();
    expect(errors.length).toBeGreaterThan(15);
    expect(errors.filter(Boolean)).toEqual([]);
  });
});
