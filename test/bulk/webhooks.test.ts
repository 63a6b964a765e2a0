/** Risk tested here: no event wakes a group, so that its documents wait for the next poll; or each run of it does. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from '@jest/globals';
import { createParseTestEnvironment, type ParseTestEnvironment } from '../../testing';
import { historyOf } from '../workflows/history';
import { quietly } from '../support/quietly';
import { until } from '../support/until';

quietly();

const COUNT = 12;
const directory = mkdtempSync(join(tmpdir(), 'bulk-webhooks-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const startEnvironment = (name: string, { webhooks = true } = {}) =>
  createParseTestEnvironment({
    webhooks,
    apiVersion: '2026-02-09',
    parse: { resultDirectory: join(directory, name) },
    scripts: { quick: { durationMs: 300 }, late: { durationMs: 3_000 }, second: { processingReads: 2 } },
  });

/** Starts a batch whose polls are an hour apart. Its only group has documents with these scripts. */
function startBatch(parsing: ParseTestEnvironment, scripts: readonly string[], searchAttributes: boolean) {
  const documents = scripts.map((script) => ({ file: parsing.document(script) }));
  const defaults = { polling: { initialDelayMs: 3_600_000, scaleMs: 3_600_000, maxDelayMs: 3_600_000 } };
  return parsing.client.startBatch(
    { documents, submission: 'bulk', defaults },
    { idempotencyKey: 'batch', searchAttributes },
  );
}

/** Numbers of the signals that the group and the workflows of its documents have got. */
async function signalsOf({ temporal }: ParseTestEnvironment): Promise<number> {
  const { runId } = await temporal.workflow.getHandle('batch').describe();
  const events = await historyOf(temporal, `batch/group/${runId}/1`);
  return events.filter(({ workflowExecutionSignaledEventAttributes: signal }) => signal != null).length;
}

it('the event about the last run of a submit wakes the group, and the events about the others do not', async () => {
  await using parsing = await startEnvironment('metadata');
  const handle = await startBatch(parsing, Array<string>(COUNT).fill('quick'), false);
  expect(await handle.result()).toMatchObject({ processed: COUNT });
  expect(await signalsOf(parsing)).toBe(1);
  const { webhookDeliveries: deliveries } = parsing.emulator;
  expect(deliveries.filter(({ outcome }) => outcome === 'delivered')).toHaveLength(COUNT + 1);
});

it('the event about the batch wakes the group, which its search attribute names', async () => {
  await using parsing = await startEnvironment('attribute');
  await parsing.temporal.connection.operatorService.addSearchAttributes({
    namespace: 'default',
    searchAttributes: Object.fromEntries(
      ['RunId', 'Status', 'FileName', 'Batch'].map((name) => [`ExtendParse${name}`, 2]),
    ),
  });
  // The last run of the submit ends before the first one.
  const handle = await startBatch(parsing, ['late', ...Array<string>(COUNT - 1).fill('quick')], true);
  expect(await handle.result()).toMatchObject({ processed: COUNT });
  expect(await signalsOf(parsing)).toBe(2);
});

it('polls once more after an event that came before Extend shows the end', async () => {
  await using parsing = await startEnvironment('early', { webhooks: false });
  const handle = await startBatch(parsing, Array<string>(COUNT).fill('second'), false);
  const { runId } = await parsing.temporal.workflow.getHandle('batch').describe();
  await until(() => parsing.emulator.runs.length === COUNT);
  await parsing.temporal.workflow.getHandle(`batch/group/${runId}/1`).signal('runFinished');
  expect(await handle.result()).toMatchObject({ processed: COUNT });
  // The server skips the time until the next poll, which is an hour away without the second early poll.
  const { startTime, closeTime } = await parsing.temporal.workflow.getHandle('batch').describe();
  expect(Number(closeTime) - Number(startTime)).toBeLessThan(60_000);
});
