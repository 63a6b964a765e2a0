import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { ParseClient } from '../../client';
import { startEmulator, type Emulator, type EmulatorRequest } from '../../local/extend';
import type { DevServer } from '../../local/temporal';
import { createParseWorker } from '../../worker';
import { startOwnDevServer } from '../support/servers';
import { until } from '../support/until';
import { bundledWorkflows } from '../workflows/bundled-workflows';

const play = (name: string) => ({
  file: { fileUrl: `http://emulator.invalid/ok?n=${name}` },
  polling: { initialDelayMs: 0 },
});
const nameOf = ({ bodyJson }: EmulatorRequest) =>
  new URL((bodyJson as { file: { fileUrl: string } }).file.fileUrl).searchParams.get('n');

describe('priority', () => {
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  let server: DevServer;
  let env: TestWorkflowEnvironment;
  let emulator: Emulator;

  beforeAll(async () => {
    // Each partition of a task queue has an order of its own. With one partition, the order is predictable.
    const onePartition = { 'matching.numTaskqueueReadPartitions': 1, 'matching.numTaskqueueWritePartitions': 1 };
    server = await startOwnDevServer({ dynamicConfig: onePartition });
    env = await TestWorkflowEnvironment.createFromExistingServer({ address: server.address });
    emulator = await startEmulator({ faults: async () => void (await released) });
  });
  afterAll(async () => {
    await emulator.close();
    await env.teardown();
    await server.close();
  });

  const untilScheduled = async (workflowId: string) => {
    const handle = env.client.workflow.getHandle(workflowId);
    await until(async () => (await handle.describe()).raw.pendingActivities?.length === 1);
  };

  it('applies to the workflow and its activities: an urgent document is submitted before earlier ones', async () => {
    const worker = await createParseWorker({
      connection: env.nativeConnection,
      activities: { apiKey: 'test', baseUrl: emulator.url },
      worker: { workflowBundle: await bundledWorkflows(), maxConcurrentActivityTaskExecutions: 1 },
    });
    await worker.runUntil(async () => {
      const client = new ParseClient({ client: env.client });
      const start = (name: string, priorityKey: number) =>
        client.start(play(name), { workflowId: name, priority: { priorityKey } });
      const handles = [await start('first', 1)];
      await emulator.waitFor(({ operation }) => operation === 'submit');
      for (const name of ['patient-1', 'patient-2', 'patient-3', 'urgent']) {
        handles.push(await start(name, name === 'urgent' ? 1 : 5));
        await untilScheduled(name);
      }
      release();
      await Promise.all(handles.map((handle) => handle.result()));
    });
    const submits = emulator.requests.filter(({ operation }) => operation === 'submit');
    expect(submits.map(nameOf)).toEqual(['first', 'urgent', 'patient-1', 'patient-2', 'patient-3']);
  });
});
