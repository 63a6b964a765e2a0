import { describe, expect, it } from '@jest/globals';
import type { Worker } from '@temporalio/worker';
import { ParseClient } from '../../client';
import { createParseWorker } from '../../worker';
import { until } from '../support/until';
import { bundledWorkflows } from './bundled-workflows';
import { activitiesOf, historyOf, seenEndedAtMs, timersOf } from './history';
import { Scene, type TestDocument } from './scene';

const DELAY_MS = 500;

describe('The first poll', () => {
  const scene = new Scene({ server: 'dev-server', scripts: { third: { processingReads: 2 } } });

  it('waits for a durable timer with the timer engine', async () => {
    const { fileUrl, workflowId } = scene.document('ok');
    await scene.client.execute({ file: { fileUrl }, polling: { initialDelayMs: DELAY_MS, jitter: 0 } }, { workflowId });
    const events = await historyOf(scene.temporal, workflowId);
    const [first] = timersOf(events);
    expect(first).toMatchObject({ summary: 'until poll 1', ms: DELAY_MS });
    expect(first?.startedAtMs).toBeCloseTo(seenEndedAtMs(events, 'submitParse'), 3);
    for (const { type, input } of activitiesOf(events))
      if (type === 'getStatus') expect(input).not.toHaveProperty('delayMs');
  });

  it('has an absolute due time with the retry engine', async () => {
    const { fileUrl, workflowId } = scene.document('ok');
    const polling = { engine: 'retry', initialDelayMs: DELAY_MS, jitter: 0 } as const;
    await scene.client.execute({ file: { fileUrl }, polling }, { workflowId });
    const events = await historyOf(scene.temporal, workflowId);
    const poll = activitiesOf(events).find(({ type }) => type === 'getStatus');
    const acceptedAtMs = Math.floor(seenEndedAtMs(events, 'submitParse'));
    expect(poll?.input).toMatchObject({ delayMs: DELAY_MS, dueAtMs: acceptedAtMs + DELAY_MS });
  });

  it('follows at once if the wait for a worker took longer than the delay, and is counted', async () => {
    const [slow, other] = [scene.document('third'), scene.document('ok')];
    const [submit, occupied] = [scene.hold(slow, 'submit'), scene.hold(other, 'submit')];
    const worker = await workerWithOneSlot('one-slot');
    const client = new ParseClient({ client: scene.temporal, taskQueue: 'one-slot' });
    const start = ({ fileUrl, workflowId }: TestDocument) =>
      client.start({ file: { fileUrl }, polling: { engine: 'retry', initialDelayMs: DELAY_MS } }, { workflowId });
    await worker.runUntil(async () => {
      const handle = await start(slow);
      await submit.arrived;
      const otherHandle = await start(other);
      await pending(other.workflowId);
      submit.release();
      await occupied.arrived;
      await pending(slow.workflowId);
      // The delay passes while the only slot is occupied.
      await new Promise((resolve) => setTimeout(resolve, 2 * DELAY_MS));
      occupied.release();
      expect(await handle.result()).toMatchObject({ submits: 1, polls: 3 });
      await otherHandle.result();
    });
    expect(scene.countsOf(slow)).toMatchObject({ polls: 3 });
    const events = await historyOf(scene.temporal, slow.workflowId);
    const attempts = events.flatMap(({ activityTaskStartedEventAttributes: started }) => started?.attempt ?? []);
    expect(attempts).toEqual([1, 3, 1]);
  });

  async function workerWithOneSlot(taskQueue: string): Promise<Worker> {
    const { env, emulator } = scene.parsing;
    return createParseWorker({
      connection: env.nativeConnection,
      taskQueue,
      activities: { apiKey: 'test', baseUrl: emulator.url },
      shutdownGraceTimeMs: 0,
      worker: { workflowBundle: await bundledWorkflows(), maxConcurrentActivityTaskExecutions: 1 },
    });
  }

  /** Waits until an activity of the workflow is scheduled and has not ended. */
  async function pending(workflowId: string): Promise<void> {
    await until(async () => {
      const { raw } = await scene.temporal.workflow.getHandle(workflowId).describe();
      return raw.pendingActivities?.length === 1;
    });
  }
});
