/**
 * What could go wrong here: a running workflow meets the next version's worker and cannot be replayed; a service is
 * upgraded before its workers, or after them, and one does not understand the other.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { ParseClient } from '../../client';
import { startEmulator, type Emulator } from '../../emulator';
import { createDevEnv, devServerAddress } from '../support/servers';
import { recordedHistories } from '../workflows/histories';
import { createProject, MANIFEST, ROOT } from './packed-project';

const RELEASES = join(ROOT, 'test/releases');
const versions = readdirSync(RELEASES).flatMap((name) => /^temporal-extend-parse-(.+)\.tgz$/.exec(name)?.[1] ?? []);

/** Starts a program that prints `ready`-like lines, and resolves once one of them matches. */
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

async function stop(child: ChildProcess): Promise<void> {
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await exited;
}

it('keeps at least one release', () => {
  expect(versions).toContain('0.1.0');
});

describe.each(versions)('release %s', (version) => {
  let directory: string;
  let project: string;
  let emulator: Emulator;
  let env: TestWorkflowEnvironment;
  const workerEnvironment = (taskQueue: string) => ({
    TEMPORAL_ADDRESS: devServerAddress(),
    EXTEND_API_KEY: 'test',
    EXTEND_BASE_URL: emulator.url,
    EXTEND_PARSE_TASK_QUEUE: taskQueue,
  });

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'release-'));
    const modules = [...Object.keys(MANIFEST.dependencies), ...Object.keys(MANIFEST.peerDependencies)];
    const installed = modules.filter((name) => existsSync(join(ROOT, 'node_modules', name)));
    project = createProject(
      join(directory, 'project'),
      join(RELEASES, `temporal-extend-parse-${version}.tgz`),
      installed,
    );
    emulator = await startEmulator();
    env = await createDevEnv();
  });
  afterAll(async () => {
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

  it('has a worker that today’s client understands, and that refuses by name what it does not know', async () => {
    const taskQueue = `old-worker-${version}`;
    const command = join(project, 'node_modules/temporal-extend-parse/dist/cli/main.js');
    const worker = await start([command, 'worker'], {
      cwd: project,
      env: workerEnvironment(taskQueue),
      ready: /^polling /m,
    });
    const client = new ParseClient({ client: env.client, taskQueue });
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
    await stop(worker);
  });

  it('has a client that today’s worker understands', async () => {
    const taskQueue = `old-client-${version}`;
    const command = join(ROOT, 'dist/cli/main.js');
    const worker = await start([command, 'worker'], {
      cwd: ROOT,
      env: workerEnvironment(taskQueue),
      ready: /^polling /m,
    });
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
    const client = await start(['-e', program], { cwd: project, env: {}, ready: /got inline and ParserRunFailed/ });
    await stop(worker);
    expect(client.exitCode ?? 0).toBe(0);
  });
});
