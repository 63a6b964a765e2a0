/** Risk tested here: a worker runs other workflows than its options ask for, or bundles them at each start. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, jest } from '@jest/globals';
import { Worker, type WorkerOptions } from '@temporalio/worker';
import * as fromSources from '../../worker/workflow-source';
import { quietly } from '../support/quietly';
import { recordedHistories } from '../workflows/recorded-histories';

const ROOT = join(__dirname, '..', '..');
/** The same module as the build has it, beside the bundle. */
const built: typeof fromSources = jest.requireActual('../../dist/worker/workflow-source');
const NO_PLUGINS = { plugins: [] };

/** The path of the bundle that the build has made. */
function codePath(): string {
  const { workflowBundle } = built.workflowSource({}, NO_PLUGINS);
  return (workflowBundle as { codePath: string }).codePath;
}

describe('A worker of the built package', () => {
  it('takes the bundle of the build', () => {
    expect(codePath()).toMatch(/dist\/worker\/workflows-1\.[\d.]+\.js$/);
    const options = { interceptors: { activity: [] }, dataConverter: {}, maxCachedWorkflows: 10 };
    expect(built.workflowSource(options, NO_PLUGINS)).toEqual(built.workflowSource({}, NO_PLUGINS));
  });

  it.each<[string, Partial<WorkerOptions>]>([
    ['interceptors of workflows', { interceptors: { workflowModules: ['./own'] } }],
    ['options of the bundler', { bundlerOptions: { ignoreModules: ['fs'] } }],
    ['a payload converter', { dataConverter: { payloadConverterPath: './own' } }],
    ['a failure converter', { dataConverter: { failureConverterPath: './own' } }],
    ['a plugin', { plugins: [{ name: 'own' }] }],
  ])('bundles its workflows at the start because of %s', (_, options) => {
    expect(built.workflowSource(options, NO_PLUGINS)).toEqual({ workflowsPath: join(ROOT, 'dist/workflows/index.js') });
  });

  it('bundles its workflows at the start because of a plugin of the connection', () => {
    const { workflowBundle } = built.workflowSource({}, { plugins: [{ name: 'own' }] });
    expect(workflowBundle).toBeUndefined();
  });

  it.each<[string, Partial<WorkerOptions>]>([
    ['a file of workflows', { workflowsPath: './own' }],
    ['a bundle', { workflowBundle: { code: '' } }],
  ])('leaves %s of its options alone', (_, options) => {
    expect(built.workflowSource(options, NO_PLUGINS)).toEqual({});
  });

  it('replays with that bundle what earlier versions have recorded', async () => {
    quietly();
    const histories = recordedHistories().map(({ name, history }) => ({ workflowId: name, history }));
    const failed: string[] = [];
    for await (const { workflowId, error } of Worker.runReplayHistories(
      { workflowBundle: { codePath: codePath() } },
      histories,
    )) {
      if (error !== undefined) failed.push(workflowId);
    }
    expect(failed).toEqual([]);
  });
});

it('The bundle of the build names no file by the path of the machine that made it', () => {
  const code = readFileSync(codePath(), 'utf8');
  const [, map = ''] = /sourceMappingURL=data:.*?base64,(.*)/.exec(code) ?? [];
  const { sources } = JSON.parse(Buffer.from(map, 'base64').toString()) as { readonly sources: readonly string[] };
  expect(sources).toContain('../workflows/parse-document.js');
  expect(code + sources.join('\n')).not.toContain(ROOT);
});

it('Without a bundle for the installed version of Temporal, workflows are bundled at the start', () => {
  // The sources have none.
  const { workflowsPath } = fromSources.workflowSource({}, NO_PLUGINS);
  expect(workflowsPath).toBe(join(ROOT, 'workflows/index.ts'));
});
