/**
 * The package works with the modules that npm installs for a user, whose project has another module format, another
 * compiler, another test runner or another Node than the checkout.
 *
 * One `npm install` serves all projects: they are sibling folders, and Node finds the modules in the folder above.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MANIFEST, ROOT, runNode } from '../package/packed-project';

const CONSUMERS = join(__dirname, 'consumers');
const EXAMPLE = join(ROOT, 'examples', '05-test-your-pipeline');
const NODE_22 = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
/** The modules that a project with workers and tests installs, in the versions of the checkout. */
const INSTALLED = [
  ...['client', 'common', 'workflow', 'worker', 'activity', 'testing', 'envconfig'].map(
    (name) => `@temporalio/${name}`,
  ),
  ...['jest', 'typescript', '@types/node'],
].map((name) => `${name}@${MANIFEST.devDependencies[name]}`);
const OTHERS = ['vitest@4.1.12', '@types/ms@2.1.0', `${NODE_22}@22.23.3`];

let directory: string;
let node22: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'install-matrix-'));
  npm(ROOT, 'pack', '--ignore-scripts', '--pack-destination', directory);
  const [tarball = ''] = readdirSync(directory);
  writeFileSync(join(directory, 'package.json'), JSON.stringify({ name: 'consumer', private: true }));
  npm(directory, 'install', '--no-audit', '--no-fund', '--prefer-offline', `./${tarball}`, ...INSTALLED, ...OTHERS);
  node22 = join(directory, 'node_modules', NODE_22, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function npm(cwd: string, ...args: readonly string[]): void {
  execFileSync('npm', args, { cwd, stdio: ['ignore', 'ignore', 'pipe'], shell: process.platform === 'win32' });
}

/** Makes a project with these files of `consumers/`, and returns its directory. */
function project(name: string, files: readonly string[], manifest: object = {}): string {
  const path = join(directory, name);
  mkdirSync(path);
  for (const file of files) cpSync(join(CONSUMERS, file), join(path, file));
  writeFileSync(join(path, 'package.json'), JSON.stringify({ name, private: true, ...manifest }));
  return path;
}

/** Runs a program and returns its standard output. Fails with all its output if the program fails. */
function run(node: string, cwd: string, args: readonly string[]): string {
  try {
    return execFileSync(node, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${args.join(' ')} failed: ${stdout}${stderr}`);
  }
}

const bin = (name: string, file: string) => join(directory, 'node_modules', name, file);

it('is installed without the optional libraries', () => {
  const optional = Object.keys(MANIFEST.peerDependencies).filter((name) => !name.startsWith('@temporalio/'));
  const installed = readdirSync(join(directory, 'node_modules'), { recursive: false, encoding: 'utf8' });
  expect(installed).toContain('valibot');
  expect(optional.filter((name) => installed.includes(name))).toEqual([]);
});

describe.each([
  ['20, or the version that runs this test', () => process.execPath],
  ['22', () => node22],
])('on Node %s', (version, node) => {
  it('parses from CommonJS and from an ES module', () => {
    const path = project(`javascript-${version.slice(0, 2)}`, ['parse-one.cjs', 'parse-one.mjs']);
    for (const file of ['parse-one.cjs', 'parse-one.mjs']) {
      expect(run(node(), path, [file])).toMatch(/^v\d.* got inline and true$/m);
    }
    if (version === '22') expect(run(node(), path, ['--version'])).toMatch(/^v22\./);
  });
});

describe('a worker', () => {
  it("runs workflows that re-export the package's from a prebuilt bundle", () => {
    const path = project('bundled', ['bundled-ahead.cjs', 're-exporting.js']);
    expect(run(process.execPath, path, ['bundled-ahead.cjs'])).toMatch(/^got inline and inline$/m);
  });

  it('works with another copy of the package in the same process', () => {
    const path = project('two-copies', ['two-copies.cjs', 'both-copies.js']);
    const library = join(path, 'node_modules', 'a-library');
    const second = join(library, 'node_modules', MANIFEST.name);
    cpSync(join(directory, 'node_modules', MANIFEST.name), second, { recursive: true });
    writeFileSync(join(library, 'index.js'), "module.exports = require('temporal-extend-parse/client');");
    const workflows = `const { parseInWorkflow } = require('temporal-extend-parse/embed');
      exports.throughLibrary = async (fileUrl) => (await parseInWorkflow({ file: { fileUrl } })).output.kind;`;
    writeFileSync(join(library, 'workflows.js'), workflows);
    expect(run(process.execPath, path, ['two-copies.cjs'])).toMatch(/^got inline true true inline$/m);
  });
});

describe('TypeScript', () => {
  // The settings lack exactOptionalPropertyTypes, because Temporal's own types violate it.
  const strict = { strict: true, noUncheckedIndexedAccess: true, skipLibCheck: false };
  const target = { target: 'es2022', lib: ['es2023', 'dom', 'esnext.disposable'], types: ['node'], outDir: 'out' };

  it.each([
    ['node16', 'node16', ['typed.cts', 'typed.mts']],
    ['nodenext', 'nodenext', ['typed.cts', 'typed.mts']],
    ['bundler', 'esnext', ['typed.ts']],
  ])('%s compiles, library types checked', (moduleResolution, module, files) => {
    const path = project(moduleResolution, []);
    for (const file of files) cpSync(join(CONSUMERS, 'typed.ts'), join(path, file));
    const compilerOptions = { ...strict, ...target, module, moduleResolution };
    writeFileSync(join(path, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
    run(process.execPath, path, [bin('typescript', 'bin/tsc')]);
    const programs = moduleResolution === 'bundler' ? [] : ['out/typed.cjs', 'out/typed.mjs'];
    for (const file of programs) expect(run(process.execPath, path, [file])).toMatch(/^got inline and CORRUPT_FILE$/m);
  });
});

describe('the tests of a pipeline', () => {
  const test = () => readFileSync(join(EXAMPLE, 'pipeline.test.ts'), 'utf8');

  it('pass in vitest without configuration', () => {
    const path = project('vitest', [], { type: 'module' });
    cpSync(join(EXAMPLE, 'workflows.ts'), join(path, 'workflows.ts'));
    const resolved = "fileURLToPath(new URL('./workflows.ts', import.meta.url))";
    const adapted = test().replace("'@jest/globals'", "'vitest'").replace("require.resolve('./workflows')", resolved);
    writeFileSync(join(path, 'pipeline.test.ts'), `import { fileURLToPath } from 'node:url';\n${adapted}`);
    const output = run(process.execPath, path, [bin('vitest', 'vitest.mjs'), 'run', '--no-color']);
    expect(output).toMatch(/Tests +([1-9]\d*) passed \(\1\)/);
    expect(output).not.toMatch(/hanging|close timed out/i);
  });

  it('pass in jest without configuration', () => {
    const path = project('jest', []);
    const compile = ['--module', 'commonjs', '--target', 'es2022', '--skipLibCheck', '--ignoreDeprecations', '6.0'];
    const sources = ['pipeline.test.ts', 'workflows.ts'].map((file) => join(EXAMPLE, file));
    for (const file of sources) cpSync(file, join(path, file.slice(EXAMPLE.length + 1)));
    const files = ['pipeline.test.ts', 'workflows.ts'];
    run(process.execPath, path, [
      bin('typescript', 'bin/tsc'),
      ...files,
      ...compile,
      '--types',
      'node',
      '--outDir',
      '.',
    ]);
    for (const file of files) rmSync(join(path, file));
    expect(() => runNode(path, [bin('jest', 'bin/jest.js')])).not.toThrow();
  });
});
