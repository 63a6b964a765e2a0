import { describe, expect, it } from '@jest/globals';
import type { PollingOptions } from '../../contract';
import { until } from '../support/until';
import { activitiesOf, historyOf, type ScheduledActivity } from './history';
import { allOf, failureOf, Scene, type TestDocument } from './scene';

/** Polls by schedule are an hour apart: every other poll was requested. */
const HOURLY: PollingOptions = { jitter: 0, initialDelayMs: 0, scaleMs: 1e9, maxDelayMs: 3_600_000 };
/** The second poll is due after half a second, the third poll after 250 seconds. */
const GROWING: PollingOptions = {
  jitter: 0,
  backoff: 'exponential',
  initialDelayMs: 1,
  factor: 500,
  maxDelayMs: 1_800_000,
};
const ENGINES = ['timer', 'retry'] as const;
/** Far below the time until a poll by schedule, and far above the time that a busy machine takes. */
const SOON_MS = 100_000;
/** Minimum time between two early polls is 5 s. */
const REST_MS = 5_000;
/** Far above the time of two early polls on a busy machine. The test ends before it. */
const DEADLINE_MS = 60_000;
/** The test takes this long. It has time for two early polls more than there may be. */
const SHORT_DEADLINE_MS = 20_000;

const WITH_RUN_ID = ['the run id', (runId: string) => ({ runId })] as const;
/** Content of the signal. The workflow ignores it before any engine does anything. */
const NOTICES = [
  ['timer', ...WITH_RUN_ID],
  ['retry', ...WITH_RUN_ID],
  ['timer', 'the id of another run', () => ({ runId: 'parser_run_of_another_document' })],
  ['timer', 'no run id', () => ({})],
  ['timer', 'nothing at all', () => undefined],
] as const;

describe('The signal runFinished', () => {
  // The time-skipping server hangs when an activity ends while its cancellation is in flight.
  const scene = new Scene({
    server: 'shared-dev-server',
    scripts: {
      soon: { processingReads: 1 },
      done: { processingReads: 0 },
      third: { processingReads: 2 },
      later: { processingReads: 100 },
    },
  });

  /** The polls of a document that expect its end: those that a signal has caused. */
  async function earlyPollsOf({ workflowId }: TestDocument): Promise<readonly ScheduledActivity[]> {
    const activities = activitiesOf(await historyOf(scene.temporal, workflowId));
    return activities.filter(({ input }) => (input as { expectsEnd?: boolean }).expectsEnd === true);
  }

  it.each(NOTICES)('ends the wait early with the %s engine, with %s', async (engine, _, notice) => {
    const document = scene.document('soon');
    const handle = await scene.start(document, { polling: { ...HOURLY, engine } });
    await scene.seen(document, 'poll');
    const raw = scene.temporal.workflow.getHandle(document.workflowId);
    const told = notice(scene.runOf(document).id);
    await (told === undefined ? raw.signal('runFinished') : raw.signal('runFinished', told));
    await scene.seen(document, 'poll', 2);
    const result = await handle.result();
    expect(result.waitedMs).toBeLessThan(SOON_MS);
    // The request after the signal finds the end and brings the result.
    expect(scene.countsOf(document)).toEqual({ submits: 1, runs: 1, polls: 1, results: 1, deletes: 0 });
  });

  describe.each(ENGINES)('with the %s engine', (engine) => {
    const polling = { ...HOURLY, engine };

    it('ends the wait for the first poll early', async () => {
      const document = scene.document('done');
      const handle = await scene.start(document, { polling: { ...polling, initialDelayMs: 3_600_000 } });
      await until(async () => (await handle.progress()).phase === 'waiting');
      await handle.runFinished();
      const result = await handle.result();
      expect(result.waitedMs).toBeLessThan(SOON_MS);
      expect(scene.countsOf(document)).toMatchObject({ polls: 0, results: 1 });
    });

    it('is followed by a second poll after five seconds if it arrives before Extend shows the end', async () => {
      const document = scene.document('soon');
      const input = { polling: { ...polling, initialDelayMs: 3_600_000 }, deadlineMs: DEADLINE_MS };
      const handle = await scene.start(document, input);
      await until(async () => (await handle.progress()).phase === 'waiting');
      await handle.runFinished();
      const result = await handle.result();
      // Without the second poll, the last one at the deadline would find the end.
      expect(result.waitedMs).toBeLessThan(DEADLINE_MS);
      expect(result.polls).toBe(2);
      const [first = 0, second = 0] = (await earlyPollsOf(document)).map(({ scheduledAtMs }) => scheduledAtMs);
      expect(second - first).toBeGreaterThanOrEqual(REST_MS);
    });

    it('causes no third poll', async () => {
      const document = scene.document('later');
      const input = { polling: { ...polling, initialDelayMs: 3_600_000 }, deadlineMs: SHORT_DEADLINE_MS };
      const handle = await scene.start(document, input);
      await until(async () => (await handle.progress()).phase === 'waiting');
      await handle.runFinished();
      expect(await failureOf(handle.result())).toMatchObject({ type: 'ParseDeadlineExceeded' });
      // On a busy machine the deadline may come before an early poll.
      expect((await earlyPollsOf(document)).length).toBeLessThanOrEqual(2);
    });

    it('is remembered when it arrives before the wait', async () => {
      const { fileUrl, workflowId } = scene.document('done');
      const handle = await scene.temporal.workflow.signalWithStart('parseDocument', {
        taskQueue: scene.parsing.taskQueue,
        workflowId,
        args: [{ file: { fileUrl }, polling: { ...polling, initialDelayMs: 3_600_000 } }],
        signal: 'runFinished',
        signalArgs: [{}],
      });
      const result = (await handle.result()) as { waitedMs: number; polls: number };
      expect(result.waitedMs).toBeLessThan(SOON_MS);
      expect(result.polls).toBe(1);
    });

    it('is not lost when it arrives during a poll', async () => {
      const document = scene.document('soon');
      const hold = scene.hold(document, 'poll');
      const handle = await scene.start(document, { polling });
      await hold.arrived;
      await handle.runFinished();
      hold.release();
      await scene.seen(document, 'poll', 2);
      const result = await handle.result();
      expect(result.waitedMs).toBeLessThan(SOON_MS);
      expect(scene.countsOf(document)).toMatchObject({ runs: 1, results: 1 });
    });
  });

  it('is not lost when it arrives during a later poll, and the poll is not cancelled', async () => {
    const document = scene.document('third');
    const handle = await scene.start(document, { polling: GROWING });
    await scene.seen(document, 'poll');
    const hold = scene.hold(document, 'poll');
    await hold.arrived;
    await handle.runFinished();
    hold.release();
    const result = await handle.result();
    expect(result.polls).toBe(3);
    expect(result.waitedMs).toBeLessThan(SOON_MS);
    const polls = activitiesOf(await historyOf(scene.temporal, document.workflowId)).filter(
      ({ type }) => type === 'getStatus',
    );
    expect(polls.map(({ summary }) => summary)).toEqual(['poll 1', 'poll 2', 'poll 3']);
  });

  it('causes at most one extra poll in five seconds when it arrives many times, with either engine', async () => {
    const floods = await allOf([flooded('timer'), flooded('retry')]);
    for (const { polls, times } of floods) {
      // One poll by schedule, one at once, one after the minimum time, and another one if a poll in flight was cancelled.
      expect(polls).toBeLessThanOrEqual(4);
      const [last = 0, before = 0] = times.toReversed();
      expect(last - before).toBeGreaterThanOrEqual(REST_MS);
    }
    expect(floods.map(({ times }) => times.length)).toEqual([3, 2]);
  });

  async function flooded(engine: 'timer' | 'retry') {
    const document = scene.document('later');
    const handle = await scene.start(document, { polling: { ...HOURLY, engine } });
    const flood = () => Promise.all(Array.from({ length: 10 }, () => handle.runFinished({ runId: 'forged' })));
    await scene.seen(document, 'poll');
    await flood();
    await scene.seen(document, 'poll', 2);
    await flood();
    await scene.seen(document, 'poll', 3);
    await handle.cancel();
    await handle.result().catch(() => undefined);
    const activities = activitiesOf(await historyOf(scene.temporal, document.workflowId));
    // Early polls follow no schedule. The first poll is due at once, so with the timer engine it follows none either.
    const early = activities.filter(({ type, input }) => type === 'getStatus' && !('until' in (input as object)));
    return { polls: scene.countsOf(document).polls, times: early.map(({ scheduledAtMs }) => scheduledAtMs) };
  }

  it('leaves histories that a worker without cached workflows replays', async () => {
    const errors = await scene.replayErrors();
    expect(errors.length).toBeGreaterThan(12);
    expect(errors.filter(Boolean)).toEqual([]);
  });
});
