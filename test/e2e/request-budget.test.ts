/**
 * All worker processes share one limit of requests. It is kept at the task queue, so eager dispatch must not bypass the task
 * queue.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { ParseClient } from '../../client';
import { startEmulator, type Emulator } from '../../local/extend';
import { createDevEnv } from '../support/servers';
import { startWorkerProcess } from '../support/worker-process';

/** A limit far below the rate of two workers. */
const LIMIT_PER_SECOND = 2;
const DOCUMENTS = 15;
const POLLS = 5;
/** The requests of all documents: a submit, the polls and a fetch each. */
const REQUESTS = DOCUMENTS * (POLLS + 2);
/** Time after the start in which the server lets a burst through. Its limit is approximate, because it has several queues. */
const SETTLING_MS = 5_000;
const WINDOW_MS = 10_000;
/** The limit counts attempts of activities, and the attempt that brings a result sends two requests. */
const TOLERANCE = 1.6;

let env: TestWorkflowEnvironment;
let emulator: Emulator;

beforeAll(async () => {
  env = await createDevEnv();
  emulator = await startEmulator();
});
afterAll(async () => {
  await emulator.close();
  await env.teardown();
});

/** Starts all documents at once, and returns the times of the requests, in milliseconds since the first. */
async function flood(taskQueue: string, settings: Readonly<Record<string, string>>): Promise<number[]> {
  const start = () => startWorkerProcess({ baseUrl: emulator.url, taskQueue, env: settings });
  await using first = await start();
  await using second = await start();
  const before = emulator.requests.length;
  const client = new ParseClient({ client: env.client, taskQueue });
  const polling = { initialDelayMs: 0, maxDelayMs: 1, jitter: 0 };
  const execute = (_: unknown, n: number) =>
    client.execute({ file: { fileUrl: `http://emulator.invalid/ok?n=${taskQueue}-${n}&reads=${POLLS - 1}` }, polling });
  await Promise.all(Array.from({ length: DOCUMENTS }, execute));
  await Promise.all([first, second].map((worker) => worker.end('SIGTERM')));
  // Each worker checks its key once, beside the limit.
  const requests = emulator.requests.slice(before).filter(({ runId }) => runId !== 'parser_run_that_does_not_exist');
  const times = requests.map(({ atMs }) => atMs);
  return times.map((atMs) => atMs - Math.min(...times));
}

/** Requests per second in the busiest window after the start. */
function busiestRate(times: readonly number[]): number {
  const settled = times.filter((atMs) => atMs >= SETTLING_MS);
  const counts = settled.map((from) => settled.filter((atMs) => atMs >= from && atMs < from + WINDOW_MS).length);
  return (Math.max(...counts) * 1000) / WINDOW_MS;
}

const meanRate = (times: readonly number[]) => (times.length * 1000) / Math.max(...times);

describe('two worker processes and a flood of documents', () => {
  it('share one limit of requests per second', async () => {
    const settings = { EXTEND_PARSE_MAX_REQUESTS_PER_SECOND: `${LIMIT_PER_SECOND}` };
    const times = await flood('request-budget', settings);
    expect(times).toHaveLength(REQUESTS);
    expect(busiestRate(times)).toBeLessThanOrEqual(LIMIT_PER_SECOND * TOLERANCE);
    // The workers also reach the limit, so the test does not measure a slow machine.
    expect(meanRate(times)).toBeGreaterThan(LIMIT_PER_SECOND / 2);
  });

  it('send more than twice as much without one', async () => {
    const times = await flood('no-request-budget', {});
    expect(times).toHaveLength(REQUESTS);
    expect(meanRate(times)).toBeGreaterThan(2 * LIMIT_PER_SECOND);
  });
});
