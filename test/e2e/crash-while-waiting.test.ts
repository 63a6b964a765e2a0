import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Client } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { DocumentInput } from '../../contract';
import { ParseClient, type ParseHandle } from '../../client';
import { startEmulator } from '../../local/extend';
import { createDevEnv } from '../support/servers';
import { startWorkerProcess } from '../support/worker-process';
import { until } from '../support/until';
import { historyOf, timersOf } from '../workflows/history';
import { testedVersion } from '../workflows/scene';

const ENGINES = ['timer', 'retry'] as const;
/** Initial delay, in milliseconds: longer than a slow machine needs to start all documents and to kill the worker. */
const FIRST_POLL_MS = 45_000;
const MODES = ['resubmit', 'fail'] as const;

/** Waits until the first poll is a timer or a retry at the server, so that no worker holds state of the document. */
async function untilPollIsPlanned(client: Client, { workflowId }: ParseHandle): Promise<void> {
  const handle = client.workflow.getHandle(workflowId);
  await until(async () => {
    if (timersOf(await historyOf(client, workflowId)).length > 0) return true;
    const { pendingActivities = [] } = (await handle.describe()).raw;
    return pendingActivities?.some((one) => one.activityType?.name === 'getStatus' && one.attempt === 2) ?? false;
  });
}

// `crash.test.ts` kills a worker in the middle of an activity, which the server notices only at the activity's time limit.
describe('a worker process that is killed while its documents wait', () => {
  let env: TestWorkflowEnvironment;

  beforeAll(async () => {
    env = await createDevEnv();
  });
  afterAll(() => env.teardown());

  it('is replaced by another: each document ends with its result, after one submit and one run', async () => {
    const apiVersion = testedVersion();
    const taskQueue = `crash-waiting-${apiVersion}`;
    const variables = { EXTEND_API_VERSION: apiVersion };
    await using emulator = await startEmulator();
    await using first = await startWorkerProcess({ taskQueue, baseUrl: emulator.url, env: variables });
    const client = new ParseClient({ client: env.client, taskQueue });
    const inputs = ENGINES.flatMap((engine) =>
      MODES.map((onAmbiguousSubmit): DocumentInput => ({
        file: { fileUrl: `http://emulator.invalid/ok?n=${engine}-${onAmbiguousSubmit}` },
        polling: { engine, initialDelayMs: FIRST_POLL_MS },
        onAmbiguousSubmit,
      })),
    );
    const handles = await Promise.all(inputs.map((input) => client.start(input)));
    await Promise.all(handles.map((handle) => untilPollIsPlanned(env.client, handle)));
    expect(await first.end('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' });
    const before = emulator.requests.length;
    await using second = await startWorkerProcess({ taskQueue, baseUrl: emulator.url, env: variables });
    const results = await Promise.all(handles.map((handle) => handle.result()));
    expect(results).toEqual(inputs.map(() => expect.objectContaining({ submits: 1, pageCount: 1, apiVersion })));
    expect(new Set(results.map(({ runId }) => runId))).toEqual(new Set(emulator.runs.map(({ id }) => id)));
    expect(emulator.runs).toHaveLength(inputs.length);
    // The worker checks its key when it starts, with a run that does not exist.
    const polled = emulator.requests
      .slice(0, before)
      .filter(({ runId }) => emulator.runs.some(({ id }) => id === runId));
    expect(polled).toEqual([]);
    await second.end('SIGTERM');
  });
});
