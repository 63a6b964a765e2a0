import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { bundleWorkflowCode, DefaultLogger, type LogEntry } from '@temporalio/worker';
import * as workflows from '../../workflows';

/** Modules of Node for which Temporal itself puts stand-ins into every bundle. */
const ALLOWED_BUILTINS = new Set(['assert', 'url', 'util']);

/** Bundles as a worker does, with no exceptions, and returns the modules of the bundle. */
async function bundled(workflowsPath: string) {
  const warnings: LogEntry[] = [];
  const logger = new DefaultLogger('WARN', (entry) => warnings.push(entry));
  const { code } = await bundleWorkflowCode({ workflowsPath, logger });
  const modules = [...code.matchAll(/^\/\*\*\*\/ "([^"]+)":?/gm)].map(([, name = '']) => name);
  const plain = code.slice(0, code.lastIndexOf('//# sourceMappingURL='));
  const schemas = plain.split(/^\/\*{3}\/ "/m).filter((part) => part.includes('node_modules/valibot/'));
  return { modules, bytes: plain.length, schemaBytes: schemas.join('').length, warnings };
}

describe('The bundle of the workflows', () => {
  let bareDirectory = '';
  let bareBytes = 0;

  beforeAll(async () => {
    // The file is beside the sources, so that the bundler finds the same Temporal.
    bareDirectory = await mkdtemp(join(__dirname, 'bare-'));
    const bare = join(bareDirectory, 'bare.js');
    await writeFile(
      bare,
      "const { sleep, proxyActivities } = require('@temporalio/workflow');\n" +
        'exports.bare = async () => { await sleep(1); await proxyActivities({ startToCloseTimeout: 1 }).act(); };\n',
    );
    bareBytes = (await bundled(bare)).bytes;
  });
  afterAll(() => rm(bareDirectory, { recursive: true, force: true }));

  it.each(['index', 'embed'])('contains no module of Node and no client: %s', async (entry) => {
    const path = require.resolve(`../../workflows/${entry}`);
    const { modules, warnings } = await bundled(path);
    expect(warnings).toEqual([]);
    expect(modules.some((name) => name.endsWith('/workflows/parse-document.ts'))).toBe(true);
    const builtins = modules.filter((name) => isBuiltin(name.replace(/^(external )?"?(node:)?/, '').replace(/"$/, '')));
    expect(builtins.filter((name) => !ALLOWED_BUILTINS.has(name))).toEqual([]);
    const unwanted = /node_modules\/(ky|undici|@temporalio\/(client|worker|activity|testing|envconfig|core-bridge))\//;
    expect(modules.filter((name) => unwanted.test(name))).toEqual([]);
    const ours = modules.filter((name) => !name.includes('node_modules') && name.endsWith('.ts'));
    expect(
      ours.filter((name) => !/\/(json|privacy|contract|workflows)\/(?:(?:extend|batch)\/)?[a-z-]+\.ts$/.test(name)),
    ).toEqual([]);
  });

  it('is small as it is published', async () => {
    const { bytes, schemaBytes } = await bundled(require.resolve('../../dist/workflows/index.js'));
    // The bundler drops no unused code, so the whole schema library is in the bundle.
    expect(schemaBytes).toBeLessThan(250_000);
    expect((bytes - schemaBytes) / bareBytes).toBeLessThan(1.5);
  });

  it('exports the workflows by their wire names, and no other function that Temporal could start', () => {
    const wireNames = ['parseBatch', 'parseDocument', 'parseGroup'];
    expect(wireNames).toEqual(expect.arrayContaining(Object.keys(workflows)));
    expect(Object.keys(workflows)).toContain('parseDocument');
    expect(workflows.parseDocument.name).toBe('parseDocument');
  });
});

function isBuiltin(name: string): boolean {
  return builtinModules.includes(name);
}
