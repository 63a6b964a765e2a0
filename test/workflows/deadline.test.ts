import { describe, expect, it } from '@jest/globals';
import { hangReply, htmlReply, httpReply, resetReply } from '../../testing';
import { historyOf, timersOf } from './history';
import { allOf, failureOf, Scene } from './scene';

/** Long enough for many polls. */
const DEADLINE_MS = 90_000;
/** Long enough for some polls. */
const SHORT_DEADLINE_MS = 30_000;
const HOUR_MS = 3_600_000;
/** Time limit of the last poll and the tasks around it. */
const MARGIN_MS = 26_000;

const SCRIPTS = {
  broken: { reads: Array.from({ length: 100 }, () => httpReply({ status: 500, json: { error: 'down' } })) },
  reset: { reads: Array.from({ length: 100 }, () => resetReply()) },
  html: { reads: Array.from({ length: 100 }, () => htmlReply()) },
  unauthorized: { reads: Array.from({ length: 100 }, () => httpReply({ status: 401, json: { error: 'bad key' } })) },
  done: { processingReads: 0 },
  hanging: { reads: [hangReply()], processingReads: 9 },
  'fetch-broken': { results: Array.from({ length: 100 }, () => httpReply({ status: 500, json: { error: 'down' } })) },
  'fetch-slow': { processingReads: 0, results: Array.from({ length: 3 }, () => resetReply()) },
};
const ENGINES = ['timer', 'retry'] as const;

/** The faults of all polls. The engine makes no difference to faults of one kind. */
const FAULTS = [
  ['broken', 'timer'],
  ['broken', 'retry'],
  ['unauthorized', 'timer'],
  ['unauthorized', 'retry'],
  ['reset', 'timer'],
  ['html', 'retry'],
] as const;

describe('The deadline', () => {
  const scene = new Scene({ scripts: SCRIPTS });

  describe.each(ENGINES)('with the %s engine', (engine) => {
    const polling = { engine };

    it('ends the wait for a run that never ends, after one last poll', async () => {
      const document = scene.document('never');
      const failure = await failureOf(scene.execute(document, { polling, deadlineMs: DEADLINE_MS }));
      const { id } = scene.runOf(document);
      expect(failure).toMatchObject({
        type: 'ParseDeadlineExceeded',
        message: `the deadline passed while ${id} was PROCESSING`,
        details: { runId: id, status: 'PROCESSING', submits: 1 },
      });
      expect(failure.details).not.toHaveProperty('runMayExist');
      expect(failure.details.elapsedMs).toBeGreaterThanOrEqual(DEADLINE_MS);
      expect(failure.details.elapsedMs).toBeLessThan(DEADLINE_MS + MARGIN_MS);
      expect(scene.countsOf(document).polls).toBeGreaterThan(8);
      expect(failure.details.polls).toBe(scene.countsOf(document).polls);
    });

    it('makes one last poll that may still succeed', async () => {
      const document = scene.document('done');
      const slow = { ...polling, initialDelayMs: 10 * HOUR_MS };
      const result = await scene.execute(document, { polling: slow, deadlineMs: DEADLINE_MS });
      expect(result).toMatchObject({ submits: 1 });
      expect(result.waitedMs).toBeGreaterThanOrEqual(DEADLINE_MS);
      expect(result.waitedMs).toBeLessThan(DEADLINE_MS + MARGIN_MS);
      expect(scene.countsOf(document)).toMatchObject({ polls: 1, results: 1 });
    });
  });

  it.each(FAULTS)('ends a wait if all polls fail: %s, with the %s engine', async (script, engine) => {
    const document = scene.document(script);
    const input = { polling: { engine }, deadlineMs: SHORT_DEADLINE_MS };
    const failure = await failureOf(scene.execute(document, input));
    expect(failure).toMatchObject({ type: 'ParseDeadlineExceeded', details: { submits: 1, status: 'PROCESSING' } });
    expect(failure.runId).toBe(scene.runOf(document).id);
    expect(failure.message).toContain('last failure:');
    expect(failure.details.elapsedMs).toBeGreaterThanOrEqual(SHORT_DEADLINE_MS);
    expect(failure.details.elapsedMs).toBeLessThan(SHORT_DEADLINE_MS + MARGIN_MS);
    expect(failure.details.polls).toBe(scene.countsOf(document).polls);
  });

  it('lets a fetch go on for half a minute if the run ended in time', async () => {
    const document = scene.document('fetch-slow');
    const result = await scene.execute(document, { polling: { initialDelayMs: HOUR_MS }, deadlineMs: 60_000 });
    expect(result.submits).toBe(1);
    expect(scene.countsOf(document)).toMatchObject({ results: 4 });
  });

  it('ends a fetch that never succeeds, with the status of the run in the failure', async () => {
    const document = scene.document('fetch-broken');
    const failure = await failureOf(scene.execute(document, { deadlineMs: SHORT_DEADLINE_MS }));
    expect(failure).toMatchObject({
      type: 'ParseDeadlineExceeded',
      details: { runId: scene.runOf(document).id, status: 'PROCESSED' },
    });
  });

  it('ends a document without a submit if no worker has received it in time', async () => {
    const { fileUrl, workflowId } = scene.document('ok');
    const taskQueue = 'no-worker-yet';
    await scene.temporal.workflow.start('parseDocument', {
      taskQueue,
      workflowId,
      // The deadline passes before the worker can start.
      args: [{ file: { fileUrl }, deadlineMs: 1 }],
    });
    const worker = await scene.createWorker(taskQueue);
    const failure = await worker.runUntil(failureOf(scene.client.getHandle(workflowId).result()));
    expect(failure).toMatchObject({ type: 'ParseDeadlineExceeded', details: { submits: 0 } });
    expect(failure.details).not.toHaveProperty('runMayExist');
    expect(scene.countsOf({ fileUrl })).toMatchObject({ submits: 0, runs: 0 });
  });

  it('does not count a start delay', async () => {
    const { fileUrl, workflowId } = scene.document('ok');
    const input = { file: { fileUrl }, deadlineMs: DEADLINE_MS };
    const handle = await scene.client.start(input, { workflowId, workflow: { startDelay: '1 hour' } });
    const result = await handle.result();
    expect(result).toMatchObject({ submits: 1, polls: 2 });
    expect(result.waitedMs).toBeLessThan(DEADLINE_MS);
    const { startedAtMs, deadlineAtMs } = await handle.progress();
    expect(deadlineAtMs - startedAtMs).toBe(DEADLINE_MS);
    const { startTime } = await scene.temporal.workflow.getHandle(workflowId).describe();
    expect(startedAtMs - startTime.getTime()).toBe(HOUR_MS);
  });

  it('costs no event per poll: the only timers are those of the schedule', async () => {
    const { fileUrl, workflowId } = scene.document('ok');
    await scene.client.execute({ file: { fileUrl: `${fileUrl}&reads=5` } }, { workflowId });
    const events = await historyOf(scene.temporal, workflowId);
    expect(timersOf(events).map(({ summary }) => summary)).toEqual([1, 2, 3, 4, 5, 6].map((n) => `until poll ${n}`));
    expect(events).toHaveLength(11 * 6 + 11);
  });

  it('leaves histories that a worker without cached workflows replays', async () => {
    const errors = await scene.replayErrors();
    expect(errors.length).toBeGreaterThan(12);
    expect(errors.filter(Boolean)).toEqual([]);
  });
});

describe('The deadline on a real server', () => {
  const scene = new Scene({ server: 'shared-dev-server', scripts: SCRIPTS });
  /** Time for a submit and a first poll on a busy machine. The test takes as long, so it is no longer. */
  const DEADLINE_SOON_MS = 10_000;

  /** All documents wait at the same time, because this server runs on the real clock. */
  it('is reported in the words of this package, and a poll that hangs is aborted for the last poll, with either engine', async () => {
    await allOf(
      ENGINES.flatMap((engine) => [hanging(engine), ...['never', 'broken'].map((script) => overdue(engine, script))]),
    );
    expect((await scene.replayErrors()).filter(Boolean)).toEqual([]);
  });

  /** Temporal ends the activity before the deadline if no further attempt would fit, with a message of its own. */
  async function overdue(engine: 'timer' | 'retry', script: string): Promise<void> {
    const document = scene.document(script);
    const polling = { engine, initialDelayMs: 300, maxDelayMs: 1_000 };
    const failure = await failureOf(scene.execute(document, { polling, deadlineMs: DEADLINE_SOON_MS }));
    expect(failure).toMatchObject({ type: 'ParseDeadlineExceeded', details: { submits: 1, status: 'PROCESSING' } });
    expect(failure.message).not.toContain('Not enough time');
    expect(failure.message.includes('500')).toBe(script === 'broken');
    // The polls of an activity that timed out are not counted, because the SDK drops its failures.
    expect(failure.details.polls).toBeGreaterThanOrEqual(1);
    expect(failure.details.polls).toBeLessThanOrEqual(scene.countsOf(document).polls);
    expect(failure.details.elapsedMs).toBeGreaterThanOrEqual(DEADLINE_SOON_MS);
  }

  async function hanging(engine: 'timer' | 'retry'): Promise<void> {
    const document = scene.document('hanging');
    const polling = { engine, initialDelayMs: 0, maxDelayMs: 100 };
    const failure = await failureOf(scene.execute(document, { polling, deadlineMs: DEADLINE_SOON_MS }));
    const { id } = scene.runOf(document);
    expect(failure).toMatchObject({ type: 'ParseDeadlineExceeded', details: { status: 'PROCESSING' } });
    expect(failure.message).toBe(`the deadline passed while ${id} was PROCESSING`);
    expect(scene.countsOf(document).polls).toBe(2);
  }
});
