import { describe, expect, it } from '@jest/globals';
import { CancelledFailure, type WorkflowFailedError } from '@temporalio/client';
import { httpReply, resetReply } from '../../testing';
import { until } from '../support/until';
import { activitiesOf, historyOf, type HistoryEvent, untilActivityCancelRequested } from './history';
import { failureOf, Scene, type TestDocument } from './scene';

const EMBEDDING = require.resolve('./fixtures/embedding-workflows');
const ENGINES = ['timer', 'retry'] as const;
/** One poll at once, and none for an hour. */
const HOURLY = { jitter: 0, initialDelayMs: 0, scaleMs: 3_600_000, maxDelayMs: 3_600_000 };
const REFUSED = httpReply({
  status: 400,
  json: { code: 'INVALID_REQUEST', message: 'it has ended', retryable: false },
});
const UNKNOWN = httpReply({ status: 404, json: { code: 'NOT_FOUND', message: 'no such run', retryable: false } });
const SCRIPTS = {
  done: { processingReads: 0 },
  'just-ended': { cancels: [REFUSED] },
  gone: { processingReads: Infinity, cancels: [UNKNOWN], reads: [{ kind: 'natural' }, UNKNOWN] },
  down: { processingReads: Infinity, cancels: Array.from({ length: 100 }, () => resetReply()) },
  'down-for-a-moment': { processingReads: Infinity, cancels: [resetReply(), httpReply({ status: 503 })] },
  'answer-lost': { processingReads: Infinity, cancels: [resetReply({ acted: true })] },
} as const;

describe('A cancelled document of version 2026-02-09', () => {
  const scene = new Scene({ server: 'shared-dev-server', scripts: SCRIPTS, apiVersion: '2026-02-09' });

  /** Waits until the document was polled once, and its workflow knows the answer. */
  async function waiting(document: TestDocument): Promise<void> {
    await scene.seen(document, 'read');
    await until(async () => {
      const { raw } = await scene.temporal.workflow.getHandle(document.workflowId).describe();
      const pending = raw.pendingActivities ?? [];
      return pending.every(({ activityType, attempt }) => activityType?.name === 'getStatus' && attempt === 2);
    });
  }

  /** Cancels, and expects the workflow to end as cancelled. Returns the details that Temporal's UI shows. */
  async function cancelled(document: TestDocument): Promise<string> {
    const handle = scene.temporal.workflow.getHandle(document.workflowId);
    await handle.cancel();
    const error: unknown = await handle.result().catch((reason: unknown) => reason);
    expect((error as WorkflowFailedError).cause).toBeInstanceOf(CancelledFailure);
    expect((await handle.describe()).status.name).toBe('CANCELLED');
    return scene.detailsOf(document);
  }

  const cancelsOf = (document: TestDocument) => scene.requestsOf(document, 'cancelRun').length;

  it.each(ENGINES)('cancels its run while it waits: %s', async (engine) => {
    const document = scene.document('never');
    const handle = await scene.start(document, { polling: { ...HOURLY, engine } });
    await waiting(document);
    expect(await cancelled(document)).toMatch(/^\*\*cancelled\*\*: the run is CANCELLED\n/);
    const { id, status } = scene.runOf(document);
    expect([status, cancelsOf(document)]).toEqual(['CANCELLED', 1]);
    expect(await handle.progress()).toMatchObject({ phase: 'ended', runId: id, status: 'CANCELLED', submits: 1 });
    expect(scene.countsOf(document)).toMatchObject({ submits: 1, polls: 1, results: 0, deletes: 0 });
    const activities = activitiesOf(await historyOf(scene.temporal, document.workflowId));
    expect(activities.at(-1)).toMatchObject({
      type: 'cancelRun',
      summary: 'cancel at Extend',
      input: { runId: id, apiVersion: '2026-02-09' },
    });
  });

  it.each(ENGINES)('cancels its run while it waits for the first poll: %s', async (engine) => {
    const document = scene.document('never');
    const handle = await scene.start(document, { polling: { engine, initialDelayMs: 3_600_000 } });
    await until(async () => (await handle.progress()).phase === 'waiting');
    await cancelled(document);
    expect([scene.runOf(document).status, cancelsOf(document)]).toEqual(['CANCELLED', 1]);
  });

  it('cancels its run while a submit is in flight, once the answer names the run', async () => {
    const document = scene.document('never');
    const hold = scene.hold(document, 'submit');
    const handle = await scene.start(document);
    await hold.arrived;
    await handle.cancel();
    await untilActivityCancelRequested(scene.temporal, document.workflowId);
    hold.release();
    expect(await failureOf(handle.result())).toMatchObject({ type: 'Cancelled' });
    expect([scene.runOf(document).status, cancelsOf(document)]).toEqual(['CANCELLED', 1]);
    expect(scene.countsOf(document)).toMatchObject({ submits: 1, polls: 0 });
  });

  it('is refused by Extend while the poll brings the result, because the run has ended', async () => {
    const document = scene.document('done');
    const hold = scene.hold(document, 'result');
    await scene.start(document, { polling: HOURLY });
    await hold.arrived;
    expect(await cancelled(document)).toMatch(/^\*\*cancelled\*\*: the run is PROCESSED\n/);
    hold.release();
    // The workflow learns the end of the run together with the result.
    expect(cancelsOf(document)).toBe(1);
    expect(scene.runOf(document).status).toBe('PROCESSED');
  });

  it("leaves its run with onCancel 'leave'", async () => {
    const document = scene.document('never');
    await scene.start(document, { polling: HOURLY, onCancel: 'leave' });
    await waiting(document);
    expect(await cancelled(document)).toMatch(/^\*\*cancelled\*\*: the run at Extend goes on\n/);
    expect([scene.runOf(document).status, cancelsOf(document)]).toEqual(['PROCESSING', 0]);
  });

  it('ends as cancelled when its run has just ended, and tells how the run ended', async () => {
    const document = scene.document('just-ended');
    const handle = await scene.start(document, { polling: HOURLY });
    await waiting(document);
    expect(await cancelled(document)).toMatch(/^\*\*cancelled\*\*: the run is PROCESSED\n/);
    expect([cancelsOf(document), scene.countsOf(document).polls]).toEqual([1, 2]);
    expect(await handle.progress()).toMatchObject({ phase: 'ended', status: 'PROCESSED' });
  });

  it('ends as cancelled when Extend does not know the run any longer', async () => {
    const document = scene.document('gone');
    await scene.start(document, { polling: HOURLY });
    await waiting(document);
    expect(await cancelled(document)).toMatch(/^\*\*cancelled\*\*: /);
    expect(cancelsOf(document)).toBe(1);
  });

  it.each([
    ['down-for-a-moment', 3],
    ['answer-lost', 2],
  ])('repeats the cancellation until Extend answers: %s', async (script, requests) => {
    const document = scene.document(script);
    await scene.start(document, { polling: HOURLY });
    await waiting(document);
    expect(await cancelled(document)).toMatch(/^\*\*cancelled\*\*: the run is CANCELLED\n/);
    expect([scene.runOf(document).status, cancelsOf(document)]).toEqual(['CANCELLED', requests]);
  });

  it("deletes its run with deleteRun 'always', after the cancellation", async () => {
    const document = scene.document('never');
    await scene.start(document, { polling: HOURLY, deleteRun: 'always' });
    await waiting(document);
    expect(await cancelled(document)).toMatch(/^\*\*cancelled\*\*: the run is CANCELLED\n/);
    expect(scene.runOf(document)).toMatchObject({ status: 'CANCELLED', deleted: true });
    const activities = activitiesOf(await historyOf(scene.temporal, document.workflowId));
    expect(activities.slice(-2).map(({ type }) => type)).toEqual(['cancelRun', 'deleteRun']);
  });

  it('leaves histories that a worker without cached workflows replays', async () => {
    const errors = await scene.replayErrors();
    expect(errors.length).toBeGreaterThan(10);
    expect(errors.filter(Boolean)).toEqual([]);
  });
});

// Here the waits between the attempts take no time, and no activity ends while its cancellation is in flight.
describe('A cancellation at Extend', () => {
  const scene = new Scene({ workflowsPath: EMBEDDING, scripts: SCRIPTS, apiVersion: '2026-02-09' });

  /** Embeds a document in the workflow of a user, which cancels the parse after a minute. */
  async function limited(document: TestDocument): Promise<HistoryEvent[]> {
    const { fileUrl, workflowId } = document;
    const input = { file: { fileUrl }, polling: HOURLY };
    const { taskQueue } = scene.parsing;
    const started = { taskQueue, workflowId, args: [input, 60_000] };
    expect(await scene.temporal.workflow.execute('importWithin', started)).toBe('did without it');
    return historyOf(scene.temporal, workflowId);
  }

  it('is part of a parse that a workflow of a user embeds', async () => {
    const document = scene.document('never');
    const activities = activitiesOf(await limited(document));
    expect(scene.runOf(document).status).toBe('CANCELLED');
    expect(activities.at(-1)).toMatchObject({ type: 'cancelRun', input: { runId: scene.runOf(document).id } });
  });

  it('delays the end by at most 30 seconds while Extend is down', async () => {
    const document = scene.document('down');
    const events = await limited(document);
    const requests = scene.requestsOf(document, 'cancelRun').length;
    expect([requests > 1, requests < 10, scene.runOf(document).status]).toEqual([true, true, 'PROCESSING']);
    const seconds = events.map(({ eventTime }) => Number(eventTime?.seconds ?? 0));
    const scheduledAt = events.findIndex(
      ({ activityTaskScheduledEventAttributes: one }) => one?.activityType?.name === 'cancelRun',
    );
    expect((seconds.at(-1) ?? 0) - (seconds[scheduledAt] ?? 0)).toBeLessThanOrEqual(31);
  });
});
