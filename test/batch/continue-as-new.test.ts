import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { ContinuingScene } from '../workflows/continuing-scene';
import { historiesOf } from '../workflows/history';
import { until } from '../support/until';
import { documents, ENDLESS, endedUrlOf, idsOf, outcomesOf, positions, QUICK } from './batches';

/** The server suggests to continue as new at this number of events. */
const SUGGESTED_AT = 40;

describe('A batch that continues as new', () => {
  const directory = mkdtempSync(join(tmpdir(), 'batch-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  /** Workflow ids of which activities have asked Temporal for the state. */
  const described: string[] = [];
  const scene = new ContinuingScene({
    suggestedAt: SUGGESTED_AT,
    resultDirectory: directory,
    interceptor: {
      describe: async (input, next) => {
        described.push(input.workflowExecution.workflowId ?? '');
        return next(input);
      },
    },
  });

  it('carries the documents in flight along: each document is parsed once, and has one outcome', async () => {
    // A worker without cached workflows, which replays the history for every task.
    const client = scene.clientOf(0);
    const held = [98, 99].map((index) => ({ file: { fileUrl: endedUrlOf('many', index) }, ...ENDLESS }));
    const list = [...held, ...documents('many', 20, { failing: true, ended: true })];
    const input = { documents: list, defaults: QUICK, width: 6 };
    const handle = await client.startBatch(input, { idempotencyKey: 'many' });
    const wake = async (id: string) => client.getHandle(`many/${id}`).runFinished();
    // The first document ends in an execution that did not start it, and the second one is in flight in all executions.
    await until(async () => (await executionLengths('many')).length > 1);
    await wake('1');
    await until(async () => (await handle.progress()).done === 21, { pauseMs: 250 });
    await wake('2');
    expect(await handle.result()).toMatchObject({ total: 22, processed: 20, failures: { ParserRunFailed: 2 } });
    const outcomes = await outcomesOf(handle);
    const ids = [...idsOf(outcomes, 'processed'), ...idsOf(outcomes, 'failed')];
    expect(ids.sort((one, other) => Number(one) - Number(other))).toEqual(positions(22));
    expect(scene.emulator.runs.filter(({ fileUrl }) => fileUrl?.includes('n=many-'))).toHaveLength(22);
    const lengths = await executionLengths('many');
    expect(lengths.length).toBeGreaterThanOrEqual(3);
    expect(Math.max(...lengths)).toBeLessThan(SUGGESTED_AT + 60);
  });

  it('keeps its width and its pause, and can still be cancelled', async () => {
    // A worker with cached workflows.
    const client = scene.clientOf(10);
    const input = { documents: documents('kept', 8, { ended: true }), defaults: ENDLESS, width: 4 };
    const handle = await client.startBatch(input, { idempotencyKey: 'kept' });
    await until(async () => (await handle.progress()).inFlight === 4);
    await handle.pause();
    await handle.setWidth(6);
    // These signals have no handler. The one behind them ends the execution, so the next one gets the pause only from it.
    const unhandled = scene.env.client.workflow.getHandle('kept');
    await Promise.all(Array.from({ length: SUGGESTED_AT }, () => unhandled.signal('unknown')));
    await handle.pause();
    await until(async () => (await executionLengths('kept')).length > 1);
    await client.getHandle('kept/1').runFinished();
    await until(async () => (await handle.progress()).done === 1);
    expect(await handle.progress()).toMatchObject({ total: 8, done: 1, inFlight: 3 });
    await handle.resume();
    await until(async () => (await handle.progress()).inFlight === 6);
    await handle.cancel();
    await expect(handle.result()).rejects.toMatchObject({ type: 'Cancelled' });
    const outcomes = await outcomesOf(handle);
    expect([idsOf(outcomes, 'processed'), idsOf(outcomes, 'cancelled')]).toEqual([['1'], positions(7).slice(1)]);
  });

  it('asks Temporal for the state of few of the documents that it has carried along', async () => {
    const client = scene.clientOf(10);
    const input = { documents: documents('few', 20, { ended: true }), defaults: ENDLESS, width: 20 };
    const handle = await client.startBatch(input, { idempotencyKey: 'few' });
    await until(async () => (await executionLengths('few')).length > 1 && (await handle.progress()).inFlight === 20);
    for (const id of positions(3)) {
      await client.getHandle(`few/${id}`).runFinished();
      await until(async () => (await handle.progress()).done === Number(id));
    }
    // All documents once, each that has ended once, and all others once more if a machine is slow. Else it were at least 77.
    expect(described.filter((id) => id.startsWith('few/')).length).toBeLessThan(60);
    await handle.cancel();
    await expect(handle.result()).rejects.toMatchObject({ type: 'Cancelled' });
  });

  it('keeps an event that came before a group of a bulk batch continues as new', async () => {
    const client = scene.clientOf(10);
    const input = { documents: documents('bulk', 12, { ended: true }), defaults: ENDLESS, submission: 'bulk' } as const;
    const handle = await client.startBatch(input, { idempotencyKey: 'bulk' });
    const { runId } = await scene.env.client.workflow.getHandle('bulk').describe();
    const group = scene.env.client.workflow.getHandle(`bulk/group/${runId}/1`);
    await until(() => scene.emulator.runs.filter(({ fileUrl }) => fileUrl?.includes('n=bulk-')).length === 12);
    await Promise.all(Array.from({ length: SUGGESTED_AT }, () => group.signal('unknown')));
    await group.signal('runFinished');
    expect(await handle.result()).toMatchObject({ processed: 12 });
    expect((await executionLengths(group.workflowId)).length).toBeGreaterThan(1);
  });

  /** Lengths of the histories of all executions. */
  async function executionLengths(workflowId: string): Promise<number[]> {
    return (await historiesOf(scene.env.client, workflowId)).map(({ length }) => length);
  }
});
