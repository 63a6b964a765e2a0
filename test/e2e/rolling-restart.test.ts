/** Deploys while documents are in flight cost no document and no second submit. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { ParseClient, type ParseHandle } from '../../client';
import { startEmulator, type Emulator } from '../../local/extend';
import { createDevEnv } from '../support/servers';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process';

const TASK_QUEUE = 'rolling-restart';
const DEPLOYS = 2;
const DOCUMENTS_PER_DEPLOY = 20;
/** Duration of a submit, in milliseconds: long enough that some submits are always in flight. */
const SUBMIT_MS = 500;

let env: TestWorkflowEnvironment;
let emulator: Emulator;
beforeAll(async () => {
  env = await createDevEnv();
  emulator = await startEmulator({
    faults: async ({ operation }) => {
      if (operation === 'submit') await sleep(SUBMIT_MS);
      return undefined;
    },
  });
});
afterAll(async () => {
  await emulator.close();
  await env.teardown();
});

const start = () => startWorkerProcess({ taskQueue: TASK_QUEUE, baseUrl: emulator.url });
const isInFlight = () =>
  emulator.requests.some(({ operation, outcome }) => operation === 'submit' && outcome === 'pending');

it('each document has its result after one submit, while all workers are replaced one by one, twice', async () => {
  const client = new ParseClient({ client: env.client, taskQueue: TASK_QUEUE });
  const handles: ParseHandle[] = [];
  let workers: WorkerProcess[] = [await start(), await start()];
  for (let deploy = 0; deploy < DEPLOYS; deploy += 1) {
    for (const [at, old] of workers.entries()) {
      for (let n = 0; n < DOCUMENTS_PER_DEPLOY; n += 1) {
        const fileUrl = `http://emulator.invalid/ok?n=${deploy}-${at}-${n}&reads=${1 + (n % 5)}`;
        const onAmbiguousSubmit = n % 2 === 0 ? 'resubmit' : 'fail';
        const engine = n % 3 === 0 ? 'retry' : 'timer';
        handles.push(
          await client.start({ file: { fileUrl }, onAmbiguousSubmit, polling: { engine, initialDelayMs: 200 } }),
        );
      }
      await emulator.waitFor(() => isInFlight());
      const next = await start();
      expect(await old.end('SIGTERM')).toEqual({ code: 0, signal: null });
      workers = workers.with(at, next);
    }
  }
  const results = await Promise.all(handles.map((handle) => handle.result()));
  await Promise.all(workers.map((worker) => worker.end('SIGTERM')));
  expect(results.map(({ submits }) => submits)).toEqual(handles.map(() => 1));
  expect(new Set(results.map(({ runId }) => runId)).size).toBe(handles.length);
  expect(emulator.runs).toHaveLength(handles.length);
});
