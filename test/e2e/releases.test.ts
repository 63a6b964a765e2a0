/**
 * Upgrades work: the current worker replays the running workflows of each release, and worker and client understand each
 * other if a service is upgraded before its workers, or after them.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { ParseClient } from '../../client';
import {
  httpReply,
  rateLimitedReply,
  reportReply,
  startEmulator,
  type Emulator,
  type EmulatorRequest,
  type Operation,
  type Reply,
} from '../../local/extend';
import { createDevEnv, devServerAddress } from '../support/servers';
import { recordedHistories } from '../workflows/recorded-histories';
import { createProject, MANIFEST, ROOT } from '../package/packed-project';

const RELEASES = join(ROOT, 'test/releases');
const versions = readdirSync(RELEASES).flatMap((name) => /^temporal-extend-parse-(.+)\.tgz$/.exec(name)?.[1] ?? []);

/** Starts a program, and resolves once its output matches `ready`. */
async function start(
  args: readonly string[],
  options: { cwd: string; env: NodeJS.ProcessEnv; ready: RegExp },
): Promise<ChildProcess> {
  const child = spawn(process.execPath, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: 'pipe',
  });
  let output = '';
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (part: Buffer) => {
      output += part.toString();
      if (options.ready.test(output)) resolve();
    });
    child.on('exit', () => reject(new Error(`ended before it was ready: ${output}`)));
  });
  return child;
}

async function stop(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await exited;
}

it('keeps at least one release', () => {
  expect(versions).toContain('0.1.0');
});

/** Documents in flight at the upgrade, with the operation that fails until then. */
const HELD: Readonly<Record<string, Operation>> = {
  'timer-submitting': 'submit',
  'timer-waiting': 'read',
  'timer-fetching': 'result',
  'retry-submitting': 'submit',
  'retry-waiting': 'read',
  'retry-fetching': 'result',
};
const HOLDING: Partial<Record<Operation, Reply>> = {
  submit: rateLimitedReply({ retryAfter: 1 }),
  read: reportReply({ status: 'PROCESSING' }),
  result: httpReply({ status: 503 }),
};
const isHeld = ({ operation, script = '' }: EmulatorRequest) => HELD[script] === operation;

/** The input of a document: each engine with one kind of result. */
function inputOf(name: string) {
  const isTimer = name.startsWith('timer');
  const file = { fileUrl: `http://emulator.invalid/${name}` };
  const polling = { engine: isTimer ? 'timer' : 'retry', initialDelayMs: 10, maxDelayMs: 1_000 } as const;
  return { file, polling, result: isTimer ? 'inline' : 'stored' } as const;
}

/** The workers that completed workflow tasks of a workflow. */
async function workersOf(env: TestWorkflowEnvironment, workflowId: string): Promise<string[]> {
  const { events = [] } = await env.client.workflow.getHandle(workflowId).fetchHistory();
  const names = events?.map(({ workflowTaskCompletedEventAttributes: completed }) => completed?.identity) ?? [];
  return [...new Set(names.flatMap((name) => name ?? []))];
}

describe.each(versions)('release %s', (version) => {
  const taskQueue = `release-${version}`;
  /** The release's worker until the upgrade, then the current one. */
  let worker: ChildProcess | undefined;
  let isUpgraded = false;
  let client: ParseClient;
  let directory: string;
  let project: string;
  let emulator: Emulator;
  let env: TestWorkflowEnvironment;
  const startWorker = (cwd: string) => {
    const installed = cwd === ROOT ? ROOT : join(cwd, 'node_modules/temporal-extend-parse');
    const variables = {
      TEMPORAL_ADDRESS: devServerAddress(),
      EXTEND_API_KEY: 'test',
      EXTEND_BASE_URL: emulator.url,
      EXTEND_PARSE_TASK_QUEUE: taskQueue,
      EXTEND_PARSE_RESULT_DIR: join(directory, 'results'),
    };
    return start([join(installed, 'dist/cli/main.js'), 'worker'], { cwd, env: variables, ready: /^polling /m });
  };

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'release-'));
    const modules = [...Object.keys(MANIFEST.dependencies), ...Object.keys(MANIFEST.peerDependencies)];
    const installed = modules.filter((name) => existsSync(join(ROOT, 'node_modules', name)));
    project = createProject(
      join(directory, 'project'),
      join(RELEASES, `temporal-extend-parse-${version}.tgz`),
      installed,
    );
    const scripts = Object.fromEntries(Object.keys(HELD).map((name) => [name, { processingReads: 0 }]));
    const faults = (request: EmulatorRequest) =>
      !isUpgraded && isHeld(request) ? HOLDING[request.operation] : undefined;
    emulator = await startEmulator({ scripts, faults });
    env = await createDevEnv();
    client = new ParseClient({ client: env.client, taskQueue, resultDirectory: join(directory, 'results') });
  });
  afterAll(async () => {
    await stop(worker);
    await env.teardown();
    await emulator.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it('wrote histories that the current workflows replay', async () => {
    const recorded = recordedHistories(join(RELEASES, version));
    expect(recorded.length).toBeGreaterThan(0);
    const histories = recorded.map(({ name, history }) => ({ workflowId: name, history }));
    const replayed = Worker.runReplayHistories({ workflowsPath: join(ROOT, 'workflows/index.ts') }, histories);
    for await (const { workflowId, error } of replayed)
      expect({ workflowId, error }).toEqual({ workflowId, error: undefined });
  });

  it('has a worker that the current client understands, and that names a field that it does not know', async () => {
    worker = await startWorker(project);
    const polling = { initialDelayMs: 10, maxDelayMs: 50 };
    const result = await client.execute({ file: { fileUrl: 'http://emulator.invalid/ok?old-worker' }, polling });
    expect(result.output).toMatchObject({ kind: 'inline' });
    const future = { file: { fileUrl: 'http://emulator.invalid/ok' }, optionOfTomorrow: true };
    const refused = env.client.workflow.execute('parseDocument', {
      args: [future],
      taskQueue,
      workflowId: `future-${version}-${Date.now()}`,
    });
    await expect(refused).rejects.toMatchObject({
      cause: { type: 'InvalidInput', message: expect.stringContaining('optionOfTomorrow') },
    });
  });

  it('leaves its running workflows, at any step, to the current worker', async () => {
    const names = Object.keys(HELD);
    const started = await Promise.all(
      names.map(async (name) => ({ input: inputOf(name), handle: await client.start(inputOf(name)) })),
    );
    await Promise.all(names.map((name) => emulator.waitFor((request) => isHeld(request) && request.script === name)));
    await stop(worker);
    isUpgraded = true;
    worker = await startWorker(ROOT);
    for (const { input, handle } of started) {
      const result = await handle.result();
      expect(result).toMatchObject({ submits: 1, output: { kind: input.result } });
      for await (const { content } of client.readChunks(result)) expect(content).toContain(input.file.fileUrl);
      // With one worker only, the workflow ended before the upgrade or began after it.
      expect(await workersOf(env, handle.workflowId)).toHaveLength(2);
    }
    const held = emulator.runs.flatMap(({ script }) => (script !== undefined && script in HELD ? [script] : []));
    expect(held.sort()).toEqual(names.sort());
  });

  it('has a client that the current worker understands', async () => {
    const program = `
      const { Client, Connection } = require('@temporalio/client');
      const { ParseClient } = require('temporal-extend-parse/client');
      (async () => {
        const connection = await Connection.connect({ address: '${devServerAddress()}' });
        const parsing = new ParseClient({ client: new Client({ connection }), taskQueue: '${taskQueue}' });
        const polling = { initialDelayMs: 10, maxDelayMs: 50 };
        const { output } = await parsing.execute({ file: { fileUrl: 'http://emulator.invalid/ok?old-client' }, polling });
        const failure = await parsing.execute({ file: { fileUrl: 'http://emulator.invalid/failing?old-client' }, polling }).catch((error) => error);
        console.log('got ' + output.kind + ' and ' + failure.type);
        await connection.close();
      })();`;
    const old = await start(['-e', program], { cwd: project, env: {}, ready: /got inline and ParserRunFailed/ });
    expect(old.exitCode ?? 0).toBe(0);
  });
});
