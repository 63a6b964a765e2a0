import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { ParseClient } from '../../client';
import {
  hangReply,
  httpReply,
  startEmulator,
  type Emulator,
  type EmulatorRequest,
  type FaultChooser,
} from '../../local/extend';
import { createParseWorker } from '../../worker';
import { createDevEnv, devServerAddress } from '../support/servers';
import { freePort } from '../support/free-port';
import { until } from '../support/until';
import { bundledWorkflows } from '../workflows/bundled-workflows';
import { historyOf } from '../workflows/history';
import { spawnWorkerProcess, startWorkerProcess } from '../support/worker-process';

const play = (script: string) => ({
  file: { fileUrl: `http://emulator.invalid/${script}` },
  polling: { initialDelayMs: 0 },
});

/** Builds a fault that holds the matching requests until `release` is called. */
function holdRequests(matches: (request: EmulatorRequest) => boolean) {
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  const faults: FaultChooser = async (request) => void (matches(request) && (await released));
  return { faults, release };
}

/** The run that the worker's check of its key asks for. */
const KEY_CHECK = 'parser_run_that_does_not_exist';

const submitsTo = ({ requests }: Emulator) => requests.filter(({ operation }) => operation === 'submit');

describe('extend-parse worker', () => {
  let env: TestWorkflowEnvironment;

  beforeAll(async () => {
    env = await createDevEnv();
  });
  afterAll(() => env.teardown());

  /** Creates another worker for the task queue, in this process. */
  const anotherWorker = async (taskQueue: string, baseUrl: string) =>
    createParseWorker({
      connection: env.nativeConnection,
      taskQueue,
      activities: { apiKey: 'test-key', baseUrl },
      worker: { workflowBundle: await bundledWorkflows() },
    });

  it('lets submits in flight finish when it stops; another worker continues, and nothing is submitted twice', async () => {
    const taskQueue = 'process-submit';
    const held = holdRequests(({ operation }) => operation === 'submit');
    await using emulator = await startEmulator({ faults: held.faults });
    const client = new ParseClient({ client: env.client, taskQueue });
    const port = await freePort();
    const args = ['--health', String(port)];
    await using worker = await startWorkerProcess({ taskQueue, baseUrl: emulator.url, args });
    const modes = ['resubmit', 'fail'] as const;
    const results = modes.map((mode) => client.execute({ ...play(`ok?reads=0&n=${mode}`), onAmbiguousSubmit: mode }));
    await emulator.waitFor(() => submitsTo(emulator).length === 2);
    const health = async () => (await fetch(`http://127.0.0.1:${port}/`)).status;
    expect(await health()).toBe(200);
    const ended = worker.end('SIGTERM');
    // The health endpoint reports from the signal on that the worker no longer polls, while requests in flight end.
    await until(async () => (await health()) !== 200);
    expect(await health()).toBe(503);
    const another = await anotherWorker(taskQueue, emulator.url);
    await another.runUntil(async () => {
      // The submits were held until here, so the worker was still stopping when the health endpoint answered.
      held.release();
      expect(await ended).toEqual({ code: 0, signal: null });
      expect(await Promise.all(results)).toEqual(modes.map(() => expect.objectContaining({ submits: 1 })));
    });
    expect(emulator.runs).toHaveLength(2);
    expect(submitsTo(emulator)).toHaveLength(2);
  });

  it('ends a hanging poll EXTEND_PARSE_SHUTDOWN_GRACE_MS after it is told to stop; another worker polls then', async () => {
    const taskQueue = 'process-read';
    let isFirst = true;
    const isPoll = ({ operation, runId }: EmulatorRequest) => operation === 'read' && runId !== KEY_CHECK;
    const faults: FaultChooser = (request) => (isPoll(request) && isFirst ? hangReply() : undefined);
    await using emulator = await startEmulator({ faults });
    const client = new ParseClient({ client: env.client, taskQueue });
    const port = await freePort();
    await using worker = await startWorkerProcess({
      taskQueue,
      baseUrl: emulator.url,
      env: { EXTEND_PARSE_SHUTDOWN_GRACE_MS: '200', EXTEND_PARSE_METRICS_ADDRESS: `127.0.0.1:${port}` },
    });
    const result = client.execute(play('ok?reads=0'), { workflowId: 'process-read' });
    await emulator.waitFor((request) => isPoll(request) && request.outcome === 'hung');
    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    expect(metrics).toMatch(/^# TYPE temporal_workflow_task_execution_latency histogram$/m);
    expect(metrics).not.toContain('test-key');
    isFirst = false;
    const ended = worker.end('SIGTERM');
    const another = await anotherWorker(taskQueue, emulator.url);
    await another.runUntil(async () => {
      expect(await ended).toEqual({ code: 0, signal: null });
      await expect(result).resolves.toMatchObject({ submits: 1 });
    });
    // The worker ended the poll, and neither the time limit of the request nor that of the activity did.
    const events = await historyOf(env.client, 'process-read');
    const failures = events.flatMap(
      ({ activityTaskStartedEventAttributes: started }) => started?.lastFailure?.applicationFailureInfo?.type ?? [],
    );
    expect(failures).toEqual(['WorkerShutdown']);
    expect(emulator.runs).toHaveLength(1);
  });

  it('checks its key once at its start, warns about a refused one, and goes on', async () => {
    const faults: FaultChooser = ({ runId }) =>
      runId === KEY_CHECK ? httpReply({ status: 401, json: { error: 'no such key: test-key' } }) : undefined;
    await using emulator = await startEmulator({ faults });
    const taskQueue = 'process-key';
    await using worker = await startWorkerProcess({ taskQueue, baseUrl: emulator.url });
    const client = new ParseClient({ client: env.client, taskQueue });
    await expect(client.execute(play('ok?reads=0'))).resolves.toMatchObject({ submits: 1 });
    await until(async () => worker.output.stderr.includes("[WARN] Extend's key: Extend answered 401 to GET"));
    expect(worker.output.stderr).toContain('Set EXTEND_API_KEY');
    expect(worker.output.stderr).not.toContain('test-key');
    expect(emulator.requests.filter(({ runId }) => runId === KEY_CHECK)).toHaveLength(1);
  });

  it('logs in JSON from the chosen level on, and no statistics of the bundler', async () => {
    await using emulator = await startEmulator();
    const taskQueue = 'process-json';
    const start = (EXTEND_PARSE_LOG_LEVEL: string) => {
      const logs = { EXTEND_PARSE_LOG_FORMAT: 'json', EXTEND_PARSE_LOG_LEVEL };
      return startWorkerProcess({ taskQueue, baseUrl: emulator.url, env: logs });
    };
    await using worker = await start('info');
    const client = new ParseClient({ client: env.client, taskQueue });
    await expect(client.execute(play('failing?reads=0'))).rejects.toThrow('CORRUPT_FILE');
    await until(async () => worker.output.stderr.includes('"Workflow failed"'));
    await worker.end('SIGTERM');
    const lines = worker.output.stderr.trimEnd().split('\n');
    const entries = lines.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
    expect(entries).toContainEqual(expect.objectContaining({ level: 'INFO', message: 'accepted by Extend' }));
    const failed = entries.find(({ message }) => message === 'Workflow failed');
    expect(failed?.error).toEqual({ type: 'ParserRunFailed', message: expect.stringContaining('CORRUPT_FILE') });
    expect(worker.output.stderr).not.toContain('webpack');
    await using silent = await start('ERROR');
    await silent.end('SIGTERM');
    expect(silent.output.stderr).toBe('');
  });

  it('names a missing variable in one line, and exits with 2', async () => {
    await using worker = spawnWorkerProcess({ TEMPORAL_ADDRESS: devServerAddress() });
    expect(await worker.ended).toEqual({ code: 2, signal: null });
    expect(worker.output.stdout).toBe('');
    expect(worker.output.stderr).toBe(
      'extend-parse: EXTEND_API_KEY or EXTEND_API_KEY_FILE must be set: the worker needs a key to talk to Extend\n',
    );
  });

  it('reports that Temporal cannot be reached, without a stack trace, and exits with 3', async () => {
    const address = `127.0.0.1:${await freePort()}`;
    await using worker = spawnWorkerProcess({ EXTEND_API_KEY: 'test-key', TEMPORAL_ADDRESS: address });
    expect(await worker.ended).toEqual({ code: 3, signal: null });
    expect(worker.output.stderr).toContain(address);
    expect(worker.output.stderr).not.toMatch(/^\s+at /m);
    expect(worker.output.stderr).not.toContain('test-key');
  });
});
