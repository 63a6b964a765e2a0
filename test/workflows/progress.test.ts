import { describe, expect, it } from '@jest/globals';
import { until } from '../support/until';
import { activitiesOf, historyOf, timersOf } from './history';
import { Scene } from './scene';

const ENGINES = ['timer', 'retry'] as const;
const SCRIPTS = {
  soon: { processingReads: 1 },
  unknown: { processingReads: 3, processingStatus: 'QUEUED' },
};

describe('The progress', () => {
  const scene = new Scene({ scripts: SCRIPTS });

  describe.each(ENGINES)('with the %s engine', (engine) => {
    const timerOnly = (...keys: string[]) => (engine === 'timer' ? keys : []);
    /** The fields of the progress in each phase. */
    const always = ['deadlineAtMs', 'phase', 'startedAtMs', 'submits', ...timerOnly('polls')];

    it('has exactly the documented fields in each phase, and the details say the same', async () => {
      const document = scene.document('soon');
      const holds = (['submit', 'read', 'result', 'deleteRun'] as const).map((name) => scene.hold(document, name));
      const [submit, read, result, deletion] = holds;
      const handle = await scene.client.start(
        {
          file: { fileUrl: document.fileUrl },
          polling: { engine, initialDelayMs: 0, maxDelayMs: 10 },
          deadlineMs: 1_234_567,
          deleteRun: 'afterSuccess',
        },
        { workflowId: document.workflowId },
      );
      await submit?.arrived;
      const submitting = await handle.progress();
      expect(Object.keys(submitting).sort()).toEqual([...always].sort());
      expect(submitting).toMatchObject({ phase: 'submitting', submits: 0 });
      expect(submitting.deadlineAtMs - submitting.startedAtMs).toBe(1_234_567);
      expect(await scene.detailsOf(document)).toContain('**submitting**');
      submit?.release();

      await read?.arrived;
      const { id: runId } = scene.runOf(document);
      const waiting = await handle.progress();
      expect(Object.keys(waiting).sort()).toEqual(
        [...always, 'apiVersion', 'runId', 'status', ...timerOnly('nextPollAtMs')].sort(),
      );
      expect(waiting).toMatchObject({ phase: 'waiting', runId, status: 'PROCESSING', submits: 1 });
      expect(await scene.detailsOf(document)).toContain(`run: ${runId}`);
      expect(await scene.detailsOf(document)).toMatch(
        engine === 'timer' ? /next poll: \d{4}-/ : /the attempts of the pending/,
      );
      read?.release();

      await result?.arrived;
      // The poll that has seen the end has not answered yet, because it brings the result.
      expect(await handle.progress()).toMatchObject({ phase: 'waiting', runId, status: 'PROCESSING', submits: 1 });
      result?.release();

      await deletion?.arrived;
      const cleaning = await handle.progress();
      expect(Object.keys(cleaning).sort()).toEqual([...always, 'apiVersion', 'runId', 'status'].sort());
      expect(cleaning).toMatchObject({ phase: 'cleaning', runId });
      deletion?.release();

      expect(await handle.result()).toMatchObject({ runId });
      expect(await handle.progress()).toEqual({ ...cleaning, phase: 'ended' });
      expect(await scene.detailsOf(document)).toMatch(
        new RegExp(
          `^\\*\\*done\\*\\*\n\nrun: ${runId}\n\nsubmits: 1.*\n\npages: 1, credits: [\\d.]+, chunks: 1, duration: \\d+\\.\\d s, \\d+\\.\\d s of it at Extend\n[^]*document: soon$`,
        ),
      );
    });

    it('includes the failure', async () => {
      const { fileUrl, workflowId } = scene.document('failing');
      const handle = await scene.client.start({ file: { fileUrl }, polling: { engine } }, { workflowId });
      await handle.result().catch(() => undefined);
      const { id } = scene.runOf({ fileUrl });
      expect(await scene.detailsOf({ workflowId })).toMatch(
        new RegExp(
          `^\\*\\*failed\\*\\*, ParserRunFailed: Extend ended ${id} as FAILED: CORRUPT_FILE\n\nto do: FAILED: look at .failureReason.*\n\nrun: ${id}`,
        ),
      );
      const end = (await historyOf(scene.temporal, workflowId)).at(-1);
      expect(end?.workflowExecutionFailedEventAttributes?.failure).toMatchObject({
        message: `Extend ended ${id} as FAILED: CORRUPT_FILE`,
        stackTrace: `ParserRunFailed: Extend ended ${id} as FAILED: CORRUPT_FILE`,
      });
    });

    it('is visible as summaries in the history', async () => {
      const document = scene.document('soon');
      await scene.client.execute(
        { file: { fileUrl: document.fileUrl }, polling: { engine }, deleteRun: 'always' },
        { workflowId: document.workflowId },
      );
      const events = await historyOf(scene.temporal, document.workflowId);
      const reads = engine === 'timer' ? ['poll 1', 'poll 2'] : ['polls'];
      expect(activitiesOf(events).map(({ summary }) => summary)).toEqual(['submit 1', ...reads, 'delete at Extend']);
      expect(timersOf(events).map(({ summary }) => summary)).toEqual(
        engine === 'timer' ? ['until poll 1', 'until poll 2'] : [],
      );
    });
  });

  it('includes, while waiting, the due time of the next poll and the last failure', async () => {
    const document = scene.document('soon');
    const handle = await scene.client.start(
      { file: { fileUrl: document.fileUrl }, polling: { initialDelayMs: 600_000, jitter: 0 } },
      { workflowId: document.workflowId },
    );
    await until(async () => (await handle.progress()).phase === 'waiting');
    const { nextPollAtMs = 0, startedAtMs, polls } = await handle.progress();
    expect(polls).toBe(0);
    expect(nextPollAtMs - startedAtMs).toBeGreaterThanOrEqual(599_999);
    expect(nextPollAtMs - startedAtMs).toBeLessThan(660_000);
    await handle.result();
  });

  it('includes, while waiting, a status word that is not known', async () => {
    const document = scene.document('unknown');
    const handle = await scene.client.start(
      { file: { fileUrl: document.fileUrl }, polling: { initialDelayMs: 0, maxDelayMs: 10 } },
      { workflowId: document.workflowId },
    );
    await scene.seen(document, 'read');
    const hold = scene.hold(document, 'read');
    await hold.arrived;
    expect(await handle.progress()).toMatchObject({ phase: 'waiting', status: 'QUEUED' });
    hold.release();
    await handle.result();
  });

  it('keeps the last failure after the recovery, in the details too', async () => {
    const { fileUrl, workflowId } = scene.document('rate-limited');
    const handle = await scene.client.start({ file: { fileUrl } }, { workflowId });
    await handle.result();
    const { lastFailure } = await handle.progress();
    expect(lastFailure).toMatch(/429/);
  });

  it('leaves histories that a worker without cached workflows replays', async () => {
    const errors = await scene.replayErrors();
    expect(errors.length).toBeGreaterThan(8);
    expect(errors.filter(Boolean)).toEqual([]);
  });
});
