/**
 * Risk tested here: the plugin replaces an activity or a setting of the user's worker, acts twice if it is registered
 * twice, or adds its workflows although the worker has its own.
 */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SimplePlugin } from '@temporalio/plugin';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import { createParseActivities } from '../../activities';
import type { ParseResult } from '../../contract';
import { startEmulator, type Emulator } from '../../local/extend';
import { ExtendParsePlugin } from '../../worker';
import { keepBundles } from '../support/kept-bundles';
import { createDevEnv, devServerAddress } from '../support/servers';
import { quietly } from '../support/quietly';
import { recordedHistories } from '../workflows/recorded-histories';

const OWN_WORKFLOWS = join(__dirname, 'own-workflows.ts');
/** Makes the other bundles the same as those of a worker with the plugin, so that each is made once. */
const workflowModules = [require.resolve('../../workflows/log-run-id')];
const NAMES = Object.keys(createParseActivities({ apiKey: 'test' })).sort();

let env: TestWorkflowEnvironment;
let emulator: Emulator;
let plugin: ExtendParsePlugin;

beforeAll(async () => {
  quietly();
  keepBundles();
  env = await createDevEnv();
  emulator = await startEmulator();
  plugin = new ExtendParsePlugin({ apiKey: 'test', baseUrl: emulator.url });
});
afterAll(async () => {
  await env.teardown();
  await emulator.close();
});

/** Activities of the user. */
const greet = async (name: string) => `hello ${name}`;

function create(taskQueue: string, options: Partial<WorkerOptions> = {}): Promise<Worker> {
  return Worker.create({ connection: env.nativeConnection, plugins: [plugin], taskQueue, ...options });
}

/** Runs a workflow to its end, for one scripted document that has the name of the task queue. */
function execute<T>(taskQueue: string, type = 'parseDocument'): Promise<T> {
  const input = {
    file: { fileUrl: `http://emulator.invalid/ok?reads=0&n=${taskQueue}` },
    polling: { initialDelayMs: 0 },
  };
  return env.client.workflow.execute(type, { taskQueue, workflowId: `${taskQueue}-${type}`, args: [input] });
}

const runsOf = (taskQueue: string) => emulator.runs.filter(({ fileUrl }) => fileUrl?.endsWith(`n=${taskQueue}`));

describe('the worker', () => {
  it('gets the activities, the workflows and the shutdown times for a submit in flight', async () => {
    const worker = await create('plugin-alone');
    expect([...worker.options.activities.keys()].sort()).toEqual([...NAMES].sort());
    expect(worker.options).toMatchObject({ shutdownGraceTimeMs: 75_000, shutdownForceTimeMs: 90_000 });
    const { output } = await worker.runUntil(execute<ParseResult>('plugin-alone'));
    expect(output).toMatchObject({ kind: 'inline' });
  });

  it('keeps its own workflows, activities and shutdown times', async () => {
    const times = { shutdownGraceTime: 100, shutdownForceTime: '1 minute' } as const;
    const worker = await create('plugin-own', { workflowsPath: OWN_WORKFLOWS, activities: { greet }, ...times });
    expect(worker.options).toMatchObject({ shutdownGraceTimeMs: 100, shutdownForceTimeMs: 60_000 });
    await expect(worker.runUntil(execute('plugin-own', 'greetAndParse'))).resolves.toMatch(/^hello parser_run_/);
  });

  it('keeps a prebuilt bundle', async () => {
    const logger = new DefaultLogger('WARN');
    const workflowBundle = await bundleWorkflowCode({
      workflowsPath: OWN_WORKFLOWS,
      workflowInterceptorModules: workflowModules,
      logger,
      plugins: [plugin],
    });
    const worker = await create('plugin-bundle', { workflowBundle, activities: { greet } });
    expect(worker.options.workflowsPath).toBeUndefined();
    await expect(worker.runUntil(execute('plugin-bundle', 'greetAndParse'))).resolves.toMatch(/^hello/);
  });
});

describe('the plugin', () => {
  it('is harmless if it is registered with the connection and twice with the worker', async () => {
    const connection = await NativeConnection.connect({ address: devServerAddress(), plugins: [plugin] });
    const options = { connection, plugins: [plugin, plugin], taskQueue: 'plugin-thrice', activities: { greet } };
    const worker = await Worker.create(options);
    expect([...worker.options.activities.keys()].sort()).toEqual([...NAMES, 'greet'].sort());
    await worker.runUntil(execute('plugin-thrice'));
    expect(runsOf('plugin-thrice')).toHaveLength(1);
    await connection.close();
  });

  it('works beside another plugin with activities and workflows', async () => {
    const other = new SimplePlugin({ name: 'test.Other', activities: { greet }, workflowsPath: OWN_WORKFLOWS });
    const worker = await create('plugin-beside', { plugins: [other, plugin] });
    expect(worker.options.activities.size).toBe(NAMES.length + 1);
    await expect(worker.runUntil(execute('plugin-beside', 'greetAndParse'))).resolves.toMatch(/^hello/);
  });

  it.each(NAMES)('refuses to replace an activity: %s', async (name) => {
    const refused = create('plugin-taken', { activities: { [name]: greet } });
    await expect(refused).rejects.toThrow(
      new RegExp(`^activity '${name}' is registered already: rename your activity, or `),
    );
  });

  it('refuses a second set of the same activities, because it may have another key', async () => {
    const activities = createParseActivities({ apiKey: 'another', baseUrl: emulator.url });
    await expect(create('plugin-set', { activities })).rejects.toThrow(/is registered already/);
    const plugins = [plugin, new ExtendParsePlugin({ apiKey: 'another' })];
    await expect(create('plugin-two', { plugins })).rejects.toThrow(/is registered already/);
  });

  it('refuses wrong settings in its constructor', () => {
    expect(() => new ExtendParsePlugin({ apiKey: 'k', baseUrl: 'nowhere' })).toThrow(/^baseUrl must be/);
    expect(() => new ExtendParsePlugin({ apiKey: 'k', maxInlineBytes: 0 })).toThrow(/^maxInlineBytes must be/);
  });

  it('gives a replay the workflows', async () => {
    const [recorded] = recordedHistories().filter(({ name }) => name.endsWith('.timer-succeeded'));
    const options = { plugins: [plugin], interceptors: { workflowModules } };
    await expect(Worker.runReplayHistory(options, recorded!.history)).resolves.toBeUndefined();
  });
});
