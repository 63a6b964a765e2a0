import { describe, expect, it } from '@jest/globals';
import { ParseClient } from '../../client';
import { until } from '../support/until';
import { activitiesOf, historyOf, seenEndedAtMs, timersOf } from './history';
import { Scene, type TestDocument } from './scene';

const DELAY_MS = 200;

describe('The first poll', () => {
  const scene = new Scene({
    server: 'shared-dev-server',
    scripts: { done: { processingReads: 0 }, second: { processingReads: 1 } },
  });

  it('waits for a durable timer with the timer engine', async () => {
    const document = scene.document('done');
    await scene.execute(document, { polling: { initialDelayMs: DELAY_MS, jitter: 0 } });
    const events = await historyOf(scene.temporal, document.workflowId);
    const [first] = timersOf(events);
    expect(first).toMatchObject({ summary: 'until poll 1', ms: DELAY_MS });
    expect(first?.startedAtMs).toBeCloseTo(seenEndedAtMs(events, 'submitParse'), 3);
    for (const { type, input } of activitiesOf(events))
      if (type === 'getStatus') expect(input).not.toHaveProperty('delayMs');
  });

  it('has an absolute due time with the retry engine', async () => {
    const document = scene.document('done');
    await scene.execute(document, { polling: { engine: 'retry', initialDelayMs: DELAY_MS, jitter: 0 } });
    const events = await historyOf(scene.temporal, document.workflowId);
    const poll = activitiesOf(events).find(({ type }) => type === 'getStatus');
    const acceptedAtMs = Math.floor(seenEndedAtMs(events, 'submitParse'));
    expect(poll?.input).toMatchObject({ delayMs: DELAY_MS, dueAtMs: acceptedAtMs + DELAY_MS });
  });

  it('follows at once if the wait for a worker took longer than the delay, and is counted', async () => {
    const [slow, other] = [scene.document('second'), scene.document('done')];
    const [submit, occupied] = [scene.hold(slow, 'submit'), scene.hold(other, 'submit')];
    const taskQueue = `${scene.parsing.taskQueue}-one-slot`;
    const worker = await scene.createWorker(taskQueue, { worker: { maxConcurrentActivityTaskExecutions: 1 } });
    const client = new ParseClient({ client: scene.temporal, taskQueue });
    const start = ({ fileUrl, workflowId }: TestDocument) =>
      client.start(
        { file: { fileUrl }, polling: { engine: 'retry', initialDelayMs: DELAY_MS, maxDelayMs: DELAY_MS } },
        { workflowId },
      );
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
      expect(await handle.result()).toMatchObject({ submits: 1, polls: 2 });
      await otherHandle.result();
    });
    expect(scene.countsOf(slow)).toMatchObject({ polls: 2 });
    const events = await historyOf(scene.temporal, slow.workflowId);
    const attempts = events.flatMap(({ activityTaskStartedEventAttributes: started }) => started?.attempt ?? []);
    expect(attempts).toEqual([1, 2]);
  });

  /** Waits until an activity of the workflow is scheduled and has not ended. */
  async function pending(workflowId: string): Promise<void> {
    await until(async () => {
      const { raw } = await scene.temporal.workflow.getHandle(workflowId).describe();
      return raw.pendingActivities?.length === 1;
    });
  }
});
