import { describe, expect, it } from '@jest/globals';
import { httpReply, resetReply } from '../../testing';
import { activitiesOf, historyOf, timersOf } from './history';
import { failureOf, Scene } from './scene';

const DOWN = httpReply({ status: 500, json: { error: 'down' } });
const SCRIPTS = {
  failed: { status: 'FAILED', failureReason: 'CORRUPT_FILE' },
  large: { resultBytes: 30_000 },
  contract: { run: { chunks: 'none' } },
  'delete-fails': { deletes: Array.from({ length: 500 }, () => DOWN) },
  'delete-refused': { deletes: [httpReply({ status: 400, json: { error: 'no' } })] },
  'delete-late': { deletes: [DOWN, resetReply()] },
  'failed-and-delete-fails': {
    status: 'FAILED',
    failureReason: 'OCR_ERROR',
    deletes: Array.from({ length: 500 }, () => DOWN),
  },
};
const SETTINGS = ['never', 'afterSuccess', 'always'] as const;

describe('deleteRun', () => {
  const scene = new Scene({ scripts: SCRIPTS, parse: { maxInlineBytes: 20_000 } });

  /** The endings that delete, by setting. A paid result that was not delivered is never deleted. */
  it.each([
    ['ok', 'a result', ['afterSuccess', 'always']],
    ['failed', 'ParserRunFailed', ['always']],
    ['never', 'ParseDeadlineExceeded', ['always']],
    ['large', 'ResultTooLarge', []],
    ['contract', 'ContractViolation', []],
  ])('deletes after no other endings than those of the setting: %s', async (script, ending, deleting) => {
    for (const deleteRun of SETTINGS) {
      const document = scene.document(script);
      const deadlineMs = script === 'never' ? 10_000 : 600_000;
      const parsing = scene.execute(document, { deleteRun, deadlineMs });
      const type = ending === 'a result' ? await parsing.then(() => ending) : (await failureOf(parsing)).type;
      expect(type).toBe(ending);
      const deleted = deleting.includes(deleteRun);
      expect([deleteRun, scene.runOf(document).deleted]).toEqual([deleteRun, deleted]);
      expect(scene.countsOf(document)).toMatchObject({ runs: 1, deletes: deleted ? 1 : 0 });
    }
  });

  it('deletes nothing by default', async () => {
    const document = scene.document('ok');
    await scene.execute(document);
    expect(scene.runOf(document).deleted).toBe(false);
  });

  it('is retried when Extend is down for a moment', async () => {
    const document = scene.document('delete-late');
    await scene.execute(document, { deleteRun: 'afterSuccess' });
    expect(scene.runOf(document).deleted).toBe(true);
    expect(scene.countsOf(document).deletes).toBe(3);
  });

  it.each(['delete-fails', 'delete-refused'])('never hides the result: %s', async (script) => {
    const document = scene.document(script);
    const result = await scene.execute(document, { deleteRun: 'always' });
    expect(result.runId).toBe(scene.runOf(document).id);
    await expectBoundedCleaning(document.workflowId);
    expect(scene.countsOf(document).deletes).toBeLessThan(10);
  });

  it('never hides the first error, and has a time limit', async () => {
    const document = scene.document('failed-and-delete-fails');
    const failure = await failureOf(scene.execute(document, { deleteRun: 'always' }));
    expect(failure).toMatchObject({ type: 'ParserRunFailed', details: { failureReason: 'OCR_ERROR' } });
    await expectBoundedCleaning(document.workflowId);
  });

  /** The server ends the deletion after half a minute, and no other step follows. The rest is reserve for a busy machine. */
  async function expectBoundedCleaning(workflowId: string): Promise<void> {
    const events = await historyOf(scene.temporal, workflowId);
    expect(activitiesOf(events).at(-1)?.type).toBe('deleteRun');
    const scheduledAt = events.findIndex(
      (event) => event.activityTaskScheduledEventAttributes?.activityType?.name === 'deleteRun',
    );
    const { scheduleToCloseTimeout } = events[scheduledAt]?.activityTaskScheduledEventAttributes ?? {};
    expect(Number(scheduleToCloseTimeout?.seconds)).toBe(30);
    expect(timersOf(events.slice(scheduledAt))).toEqual([]);
    const [from = 0, to = 0] = [scheduledAt, -1].map((at) => Number(events.at(at)?.eventTime?.seconds));
    expect(to - from).toBeLessThan(60);
  }

  it('leaves histories that a worker without cached workflows replays', async () => {
    const errors = await scene.replayErrors();
    expect(errors.length).toBeGreaterThan(15);
    expect(errors.filter(Boolean)).toEqual([]);
  });
});
