/** THIRD-PARTY-NOTICES has the licence of each library that the build bundles, in the bundled version. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { buildSync } from 'esbuild';

const ROOT = join(__dirname, '..', '..');

/** The names of the packages whose code is in a bundle of esbuild, or in the bundle of the workflows. */
function bundledPackages(): string[] {
  const { metafile } = buildSync({
    absWorkingDir: ROOT,
    entryPoints: ['http/ky.ts', 'webhook/request-listener.ts'],
    outdir: 'not-written',
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
  });
  const files = [...Object.keys(metafile.inputs), ...filesOfWorkflows()];
  const names = files.map((file) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1]);
  return [...new Set(names.filter((name) => name !== undefined))];
}

/** The files in the bundle of the workflows. */
function filesOfWorkflows(): string[] {
  const { version } = require('@temporalio/worker/package.json') as { version: string };
  const bundle = readFileSync(join(ROOT, 'dist', 'worker', `workflows-${version}.js`), 'utf8');
  return [...bundle.matchAll(/^\/\*{3}\/ "(.*)"$/gm)].map(([, file = '']) => file);
}

it('THIRD-PARTY-NOTICES has each bundled library, with its version and the text of its licence', () => {
  const notices = readFileSync(join(ROOT, 'THIRD-PARTY-NOTICES'), 'utf8');
  const packages = bundledPackages();
  expect(packages.sort()).toEqual([
    '@hono/node-server',
    '@temporalio/common',
    '@temporalio/workflow',
    'hono',
    'ky',
    'long',
    'ms',
    'nexus-rpc',
    'valibot',
  ]);
  for (const name of packages) {
    const folder = join(ROOT, 'node_modules', name);
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    expect(notices).toContain(`${name} ${version} `);
    const licence = readdirSync(folder).find((file) => /^licen[cs]e/i.test(file));
    expect(notices).toContain(readFileSync(join(folder, licence ?? 'license'), 'utf8').trim());
  }
});

it.each([
  ['http/ky.js', 'ky'],
  ['webhook/request-listener.js', '@hono/node-server'],
])('the bundle %s holds the library and does not import it', (path, name) => {
  const bundle = readFileSync(join(ROOT, 'dist', path), 'utf8');
  expect(bundle).toContain(`node_modules/${name}/`);
  expect(bundle).not.toMatch(/require\(["'](?:ky|@?hono)/);
});
