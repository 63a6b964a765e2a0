import { describe, expect, it } from '@jest/globals';
import { ParseClient } from '../../client';
import { activitiesOf, historyOf } from './history';
import { failureOf, Scene } from './scene';

describe('A result on a real server', () => {
  const scene = new Scene({ server: 'shared-dev-server', scripts: { sized: { processingReads: 0 } } });
  const quick = { initialDelayMs: 0 };

  it('that is larger than the limit is fetched once, refused as ResultTooLarge and kept at Extend', async () => {
    const document = scene.document('sized');
    const fileUrl = `${document.fileUrl}&mb=2`;
    const { workflowId } = document;
    const failure = await failureOf(
      scene.client.execute({ file: { fileUrl }, polling: quick, deleteRun: 'always' }, { workflowId }),
    );
    expect(failure.type).toBe('ResultTooLarge');
    expect(failure.message).toMatch(/the result has 2\d{6} bytes, the limit of an inline result is 1500000 bytes/);
    expect(failure.details).toMatchObject({ runId: scene.runOf({ fileUrl }).id, submits: 1, attempts: 1 });
    expect(scene.countsOf({ fileUrl })).toEqual({ submits: 1, runs: 1, polls: 1, results: 1, deletes: 0 });
    expect(scene.runOf({ fileUrl }).deleted).toBe(false);
    const types = activitiesOf(await historyOf(scene.temporal, workflowId)).map(({ type }) => type);
    expect(types).toEqual(['submitParse', 'getStatus']);
  });

  it('that is just below the limit is returned as a whole', async () => {
    const fileUrl = `${scene.document('sized').fileUrl}&mb=1`;
    const { output } = await scene.client.execute({ file: { fileUrl }, polling: quick });
    expect(JSON.stringify(output).length).toBeGreaterThan(1_000_000);
  });

  it('that is larger than the limit of Temporal fails with ResultTooLarge too, without a second fetch, if the limit of the worker is above that', async () => {
    const taskQueue = `${scene.parsing.taskQueue}-large`;
    const worker = await scene.createWorker(taskQueue, { activities: { maxInlineBytes: 10_000_000 } });
    const client = new ParseClient({ client: scene.temporal, taskQueue });
    const fileUrl = `${scene.document('sized').fileUrl}&mb=3`;
    const parsing = () => client.execute({ file: { fileUrl }, polling: quick, deleteRun: 'always' });
    const failure = await worker.runUntil(() => failureOf(parsing()));
    expect(failure).toMatchObject({ type: 'ResultTooLarge', details: { runId: scene.runOf({ fileUrl }).id } });
    expect(scene.countsOf({ fileUrl })).toMatchObject({ results: 1, deletes: 0 });
  });
});
