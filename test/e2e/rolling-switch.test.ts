/** A fleet that is switched from one version of Extend's API to the other, and back, loses no document. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { ParseClient, type ParseHandle } from '../../client';
import type { ApiVersion } from '../../contract/extend';
import { reportReply, startEmulator, type Emulator, type EmulatorRequest, type Reply } from '../../local/extend';
import { createDevEnv } from '../support/servers';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process';

const TASK_QUEUE = 'rolling-switch';
const OLD = '2025-04-21';
const NEW = '2026-02-09';
/** The version of each replacement, in order: both workers to the new version, and both back. */
const REPLACEMENTS: readonly ApiVersion[] = [NEW, NEW, OLD, OLD];
const DOCUMENTS_PER_REPLACEMENT = 25;
const DOCUMENTS = REPLACEMENTS.length * DOCUMENTS_PER_REPLACEMENT;
/** Duration of a submit, in milliseconds: long enough that some submits are always in flight. */
const SUBMIT_MS = 300;

let env: TestWorkflowEnvironment;
let emulator: Emulator;
let directory: string;
/** `true`: runs may end. Until then they are processing, so that every document sees the replacements after its start. */
let mayEnd = false;

beforeAll(async () => {
  env = await createDevEnv();
  directory = await mkdtemp(join(tmpdir(), 'rolling-switch-'));
  emulator = await startEmulator({ faults: delay });
});
afterAll(async () => {
  await emulator.close();
  await env.teardown();
  await rm(directory, { recursive: true });
});

async function delay({ operation }: EmulatorRequest): Promise<Reply | undefined> {
  if (operation === 'submit') await sleep(SUBMIT_MS);
  return operation === 'read' && !mayEnd ? reportReply({ status: 'PROCESSING' }) : undefined;
}

const start = (apiVersion: ApiVersion) =>
  startWorkerProcess({
    taskQueue: TASK_QUEUE,
    baseUrl: emulator.url,
    env: { EXTEND_API_VERSION: apiVersion, EXTEND_PARSE_RESULT_DIR: directory },
  });
const isSubmitInFlight = () =>
  emulator.requests.some(({ operation, outcome }) => operation === 'submit' && outcome === 'pending');
/** Requests that name a version. A download of the output names none. */
const requestsFor = (runId: string) =>
  emulator.requests.filter((request) => request.runId === runId && request.operation !== 'content');

function startDocument(client: ParseClient, n: number): Promise<ParseHandle> {
  return client.start({
    file: { fileUrl: `http://emulator.invalid/ok?n=${n}` },
    polling: { engine: n % 2 === 0 ? 'retry' : 'timer', initialDelayMs: 200, maxDelayMs: 3_000 },
    onAmbiguousSubmit: n % 3 === 0 ? 'fail' : 'resubmit',
    result: n % 5 === 0 ? 'stored' : 'inline',
  });
}

it('100 documents in flight have their results after one submit each, and each run is asked for in its version', async () => {
  const client = new ParseClient({ client: env.client, taskQueue: TASK_QUEUE, resultDirectory: directory });
  const handles: ParseHandle[] = [];
  let workers: readonly WorkerProcess[] = await Promise.all([start(OLD), start(OLD)]);
  for (const [at, apiVersion] of REPLACEMENTS.entries()) {
    for (let n = 0; n < DOCUMENTS_PER_REPLACEMENT; n += 1) handles.push(await startDocument(client, handles.length));
    await emulator.waitFor(isSubmitInFlight);
    const next = await start(apiVersion);
    expect(await workers[at % 2]?.end('SIGTERM')).toEqual({ code: 0, signal: null });
    workers = workers.with(at % 2, next);
  }
  const switchedBackAt = emulator.requests.length;
  mayEnd = true;
  const results = await Promise.all(handles.map((handle) => handle.result()));
  await Promise.all(workers.map((worker) => worker.end('SIGTERM')));

  expect(results.map(({ submits }) => submits)).toEqual(Array.from({ length: DOCUMENTS }, () => 1));
  expect(emulator.runs).toHaveLength(DOCUMENTS);
  expect(emulator.requests.filter(({ operation }) => operation === 'submit')).toHaveLength(DOCUMENTS);
  const versions = new Map(emulator.runs.map(({ id, apiVersion }) => [id, apiVersion]));
  expect(results.map(({ runId, apiVersion }) => [runId, apiVersion]).sort()).toEqual([...versions].sort());
  for (const [runId, version] of versions) {
    const asked = new Set(requestsFor(runId).map(({ apiVersion }) => apiVersion));
    expect([runId, [...asked]]).toEqual([runId, [version]]);
  }
  // The workers that were there at the end submit in the old version, and have finished runs of the new one.
  const late = [...versions].filter(([id]) => requestsFor(id).some(({ index }) => index >= switchedBackAt));
  const counts = [OLD, NEW].map((version) => late.filter(([, one]) => one === version).length);
  expect(Math.min(...counts)).toBeGreaterThan(10);
  for (const result of results.filter(({ output }) => output.kind === 'stored')) {
    expect((await client.readRun(result)).id).toBe(result.runId);
  }
});
