/** Risk tested here: the test kit's receiver does not wake a workflow, or goes on after `close`. */
import { expect, it } from '@jest/globals';
import { createParseTestEnvironment } from '../../testing';
import { historyOf } from '../workflows/history';
import { quietly } from '../support/quietly';
import { until } from '../support/until';

quietly();

it.each(['2026-02-09', '2025-04-21'] as const)(
  'createParseTestEnvironment({ webhooks: true }) delivers the events of version %s, signed',
  async (apiVersion) => {
    const parsing = await createParseTestEnvironment({ webhooks: true, apiVersion });
    await parsing.client.execute({ file: parsing.document('ok'), polling: { initialDelayMs: 0 } });
    await until(() => parsing.emulator.webhookDeliveries.some(({ outcome }) => outcome === 'delivered'));
    expect(parsing.emulator.webhookDeliveries).toMatchObject([{ status: 200, outcome: 'delivered' }]);
    const [endpoint] = parsing.emulator.webhookEndpoints;
    expect(endpoint).toMatchObject({ apiVersion });
    await parsing.close();
    await expect(fetch(endpoint?.url ?? '')).rejects.toThrow();
  },
);

it('a webhook ends the wait of a workflow on a real server, which the metadata of the run names', async () => {
  await using parsing = await createParseTestEnvironment({
    webhooks: true,
    apiVersion: '2026-02-09',
    scripts: { quick: { durationMs: 300, webhook: { copies: 2 } } },
  });
  const workflowId = 'named-by-metadata';
  const startedAtMs = performance.now();
  const polling = { initialDelayMs: 60_000 };
  await parsing.client.execute({ file: parsing.document('quick'), polling }, { workflowId });
  expect(performance.now() - startedAtMs).toBeLessThan(45_000);
  const events = await historyOf(parsing.temporal, workflowId);
  const signals = events.flatMap(({ workflowExecutionSignaledEventAttributes: signal }) => signal?.signalName ?? []);
  expect(signals).toEqual(['runFinished']);
});

it('a webhook ends the wait of a workflow on a real server, which a search attribute names', async () => {
  await using parsing = await createParseTestEnvironment({
    webhooks: true,
    scripts: { quick: { durationMs: 300 } },
  });
  const workflowId = 'woken-by-a-webhook';
  // The run id is in the search attribute, which the receiver's search finds in either version.
  const { connection } = parsing.temporal;
  await connection.operatorService.addSearchAttributes({
    namespace: 'default',
    searchAttributes: Object.fromEntries(
      ['RunId', 'Status', 'FileName', 'Batch'].map((name) => [`ExtendParse${name}`, 2]),
    ),
  });
  const startedAtMs = performance.now();
  const polling = { initialDelayMs: 60_000 };
  const handle = await parsing.client.start(
    { file: parsing.document('quick'), polling },
    { workflowId, searchAttributes: true },
  );
  await handle.result();
  expect(performance.now() - startedAtMs).toBeLessThan(45_000);
  const events = await historyOf(parsing.temporal, workflowId);
  const signals = events.flatMap(({ workflowExecutionSignaledEventAttributes: signal }) => signal?.signalName ?? []);
  expect(signals).toEqual(['runFinished']);
});

it('webhooks are refused on the time-skipping server, which can hang when an event meets the end of a timer', async () => {
  await expect(createParseTestEnvironment({ webhooks: true, server: 'time-skipping' })).rejects.toThrow('dev-server');
});
