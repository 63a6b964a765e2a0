/** Risk tested here: a metric is missing, has another name, type or label than documented, or contains a secret. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { METRICS, type MetricName, type MetricRow } from '../../contract';
import { ParseClient, type DocumentInput } from '../../client';
import { resetReply, startEmulator, type Emulator, type FaultChooser } from '../../local/extend';
import { createDevEnv } from '../support/servers';
import { freePort } from '../support/free-port';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process';

const SECRET = 'sk_very_secret_key';
const polling = { initialDelayMs: 0, scaleMs: 1 };
const rows: Readonly<Record<string, MetricRow>> = METRICS;

/** Builds faults: the emulator acts on the first submit of a document named `lost`, and the answer is lost. */
function loseOneAnswer(): FaultChooser {
  let isLost = false;
  return ({ operation, bodyJson }) => {
    if (isLost || operation !== 'submit' || !JSON.stringify(bodyJson).includes('lost')) return undefined;
    isLost = true;
    return resetReply({ acted: true });
  };
}

describe('the metrics of a worker', () => {
  let env: TestWorkflowEnvironment;
  let emulator: Emulator;
  let worker: WorkerProcess;
  let directory: string;
  let page: string;
  let storedBytes: number;

  beforeAll(async () => {
    env = await createDevEnv();
    emulator = await startEmulator({ faults: loseOneAnswer() });
    directory = mkdtempSync(join(tmpdir(), 'metrics-'));
    const address = `127.0.0.1:${await freePort()}`;
    const taskQueue = 'metrics';
    worker = await startWorkerProcess({
      taskQueue,
      baseUrl: emulator.url,
      env: { EXTEND_API_KEY: SECRET, EXTEND_PARSE_METRICS_ADDRESS: address, EXTEND_PARSE_RESULT_DIR: directory },
    });
    const client = new ParseClient({ client: env.client, taskQueue });
    const parse = (script: string, more: Partial<DocumentInput> = {}) =>
      client.execute({ file: { fileUrl: `http://emulator.invalid/${script}&token=${SECRET}` }, polling, ...more });
    const [stored] = await Promise.all([
      parse('ok?n=1', { result: 'stored' }),
      parse('ok?n=2', { polling: { ...polling, engine: 'retry' } }),
      parse('rate-limited?n=3'),
      parse('failing?n=4').catch(() => undefined),
      parse('ok?lost', { onAmbiguousSubmit: 'fail' }).catch(() => undefined),
      env.client.workflow
        .execute('parseDocument', { args: [{}], taskQueue, workflowId: 'metrics-invalid' })
        .catch(() => undefined),
    ]);
    storedBytes = stored.output.kind === 'stored' ? stored.output.bytes : 0;
    page = await (await fetch(`http://${address}/metrics`)).text();
  });
  afterAll(async () => {
    await worker.end('SIGKILL');
    await emulator.close();
    await env.teardown();
    rmSync(directory, { recursive: true });
  });

  /** Gives the values of a metric by its labels, without the labels of Temporal. */
  function valuesOf(sample: string, labels: readonly string[]): Record<string, number> {
    const lines = page.matchAll(new RegExp(`^${sample}\\{(?<labels>.*)\\} (?<value>\\S+)$`, 'gm'));
    return Object.fromEntries(
      [...lines].map(({ groups }) => {
        const pairs = [...(groups?.labels ?? '').matchAll(/(\w+)="([^"]*)"/g)].map(([, name = '', value]) => [
          name,
          value,
        ]);
        const given = Object.fromEntries(pairs) as Record<string, string>;
        return [labels.map((name) => given[name]).join(' '), Number(groups?.value)];
      }),
    );
  }

  const valuesByLabels = (name: MetricName) =>
    valuesOf(rows[name]?.type === 'histogram' ? `${name}_count` : name, rows[name]?.labels ?? []);

  it('are the documented ones, with the documented types and buckets', () => {
    const served = [...page.matchAll(/^# TYPE (extend_parse_\w+) (\w+)$/gm)].map(([, name, type]) => [name, type]);
    // A worker serves a metric of version 2026-02-09 once it has counted something, and the receiver serves its own.
    const isServed = (name: string) => !/_(?:adopted|duplicate)_runs$/.test(name);
    const expected = Object.entries(rows).filter(([name]) => isServed(name));
    expect(Object.fromEntries(served)).toEqual(Object.fromEntries(expected.map(([name, { type }]) => [name, type])));
    for (const [name, { buckets }] of Object.entries(rows)) {
      if (buckets === undefined) continue;
      const bounds = Object.keys(valuesOf(`${name}_bucket`, ['le'])).map(Number);
      expect([name, ...bounds.sort((one, other) => one - other).filter(Number.isFinite)]).toEqual([name, ...buckets]);
    }
  });

  it('have the documented labels, and those of Temporal', () => {
    const namesOf = (sample: string) => {
      const [, labels = ''] = new RegExp(`^${sample}\\{(.*)\\} `, 'm').exec(page) ?? [];
      return [...labels.matchAll(/(\w+)="/g)].map(([, name]) => name).sort();
    };
    expect(namesOf('extend_parse_documents')).toEqual(['namespace', 'outcome', 'taskQueue', 'workflowType']);
    expect(namesOf('extend_parse_stored_bytes')).toEqual(['activityType', 'namespace', 'taskQueue']);
  });

  it('count documents and submits by outcome', () => {
    expect(valuesByLabels('extend_parse_documents')).toEqual({
      Processed: 3,
      ParserRunFailed: 1,
      SubmitOutcomeUnknown: 1,
      InvalidInput: 1,
    });
    expect(valuesByLabels('extend_parse_submits')).toEqual({ accepted: 4, rejected: 2, ambiguous: 1 });
  });

  it('measure polls, detection delay and stored bytes', () => {
    expect(valuesByLabels('extend_parse_polls')).toEqual({ timer: 3, retry: 1 });
    expect(valuesByLabels('extend_parse_detection_delay_seconds')).toEqual({ timer: 2, retry: 1 });
    expect(valuesByLabels('extend_parse_stored_bytes')).toEqual({ '': storedBytes });
    expect(storedBytes).toBeGreaterThan(0);
  });

  it('count requests as Extend received them', () => {
    const requests = valuesByLabels('extend_parse_api_request_seconds');
    // The worker's check of its key is no request of an activity.
    const requested = emulator.requests.filter(({ runId }) => runId !== 'parser_run_that_does_not_exist');
    const seen = (operation: string) => requested.filter((request) => request.operation === operation).length;
    const counted = (operation: string) =>
      Object.entries(requests).reduce(
        (sum, [labels, count]) => (labels.startsWith(`${operation} `) ? sum + count : sum),
        0,
      );
    expect(requests).toMatchObject({
      'submitParse ok': 4,
      'submitParse 429': 2,
      'submitParse noAnswer': 1,
      'streamRun ok': 1,
      'readRun ok': 2,
    });
    expect(counted('readRunState')).toBe(seen('read'));
    expect(counted('submitParse')).toBe(seen('submit'));
  });

  it('contain no secret, no document and no run id', () => {
    expect(page).not.toContain(SECRET);
    expect(page).not.toMatch(/emulator\.invalid|parser_run_|token=/);
  });
});

describe('the metrics of a worker with version 2026-02-09', () => {
  it('count adopted runs and second runs', async () => {
    const lost = { submit: [resetReply({ acted: true })], processingReads: 0 };
    // The second run of `late` is submitted before the first one is listed.
    const scripts = { soon: lost, late: { ...lost, processingReads: 3, listLagMs: 3_000 } };
    await using emulator = await startEmulator({ scripts });
    const env = await createDevEnv();
    const address = `127.0.0.1:${await freePort()}`;
    const taskQueue = 'metrics-2026-02-09';
    const worker = await startWorkerProcess({
      taskQueue,
      baseUrl: emulator.url,
      env: { EXTEND_API_VERSION: '2026-02-09', EXTEND_PARSE_METRICS_ADDRESS: address },
    });
    try {
      const client = new ParseClient({ client: env.client, taskQueue });
      const parse = (script: string, reconcileMs: number) =>
        client.execute({
          file: { fileUrl: `http://emulator.invalid/${script}` },
          polling: { initialDelayMs: 3_000 },
          reconcileMs,
        });
      const [soon, late] = await Promise.all([parse('soon', 60_000), parse('late', 1)]);
      expect([soon.adopted, late.otherRuns?.length]).toEqual([true, 1]);
      const page = await (await fetch(`http://${address}/metrics`)).text();
      for (const name of ['extend_parse_adopted_runs', 'extend_parse_duplicate_runs']) {
        expect(page).toMatch(new RegExp(`^${name}\\{.*\\} 1$`, 'm'));
      }
    } finally {
      await worker.end('SIGKILL');
      await env.teardown();
    }
  });
});
