/**
 * Builds `dist/`, if it is not up to date: `tsc --build` compiles file by file, esbuild bundles `http/ky.ts`, and
 * Temporal's bundler bundles the workflows.
 *
 * ky is published as an ES module only, which a consumer on CommonJS or on plain jest cannot load. So the one file that
 * imports ky is bundled with it. The bundle of the workflows saves each worker two seconds of a core at its start.
 */
import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const PROJECT = join(ROOT, 'tsconfig.build.json');
const DIST = join(ROOT, 'dist');
const COMMAND = join(DIST, 'cli', 'main.js');
/** The sources that are bundled with the library that they export, by the path of the bundle. */
const BUNDLES = new Map(
  ['http/ky', 'webhook/request-listener'].map((source) => [join(DIST, `${source}.js`), `${source}.ts`]),
);
const require = createRequire(import.meta.url);
/** The bundle of the workflows. Its name has the version of Temporal's SDK that is in it: see `worker/workflow-source.ts`. */
const WORKFLOWS = join(DIST, 'worker', `workflows-${require('@temporalio/worker/package.json').version}.js`);
/** Files that decide what is built, and that the compiler does not watch. An install changes the last one. */
const OTHER_INPUTS = ['package.json', 'scripts/build.mjs', 'node_modules/.package-lock.json'].map((file) =>
  join(ROOT, file),
);

const modifiedMs = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

/** Prints what the compiler reports. */
function report(diagnostic) {
  process.exitCode = 1;
  const host = { getCurrentDirectory: () => ROOT, getCanonicalFileName: (name) => name, getNewLine: () => '\n' };
  const format = process.stdout.isTTY ? ts.formatDiagnosticsWithColorAndContext : ts.formatDiagnostics;
  process.stdout.write(format([diagnostic], host));
}

/** All files that a build has, by what the compiler says of its configuration. */
function outputFiles() {
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: report };
  const config = ts.getParsedCommandLineOfConfigFile(PROJECT, undefined, host);
  const files = config.fileNames.flatMap((source) => ts.getOutputFileNames(config, source, false));
  return new Set([config.options.tsBuildInfoFile, ...files, WORKFLOWS].map((file) => resolve(file)));
}

/** Writes a file in one step: a process that loads it at this moment gets the old text or the new one. */
function replaceFile(path, text) {
  const unfinished = join(ROOT, '.cache', `build-${process.pid}`);
  for (const file of [unfinished, path]) mkdirSync(dirname(file), { recursive: true });
  writeFileSync(unfinished, text);
  if (path === COMMAND) chmodSync(unfinished, 0o755);
  renameSync(unfinished, path);
}

async function bundleLibrary(source, outfile) {
  const { build } = await import('esbuild');
  const {
    outputFiles: [bundle],
  } = await build({
    absWorkingDir: ROOT,
    entryPoints: [source],
    outfile,
    bundle: true,
    write: false,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    logLevel: 'warning',
  });
  replaceFile(outfile, bundle.text);
}

/** Names a file from where the bundle lies. Webpack gives the name of a module that it leaves out with a prefix. */
const nameInBundle = (path) => relative(dirname(WORKFLOWS), path.replace(/^ignored\|/, ''));

/** Bundles the built workflows as a worker of this package would. */
async function bundleWorkflows() {
  const { bundleWorkflowCode, DefaultLogger } = await import('@temporalio/worker');
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(DIST, 'workflows', 'index.js'),
    workflowInterceptorModules: [join(DIST, 'workflows', 'log-run-id.js')],
    logger: new DefaultLogger('WARN'),
    webpackConfigHook: (config) => ({
      ...config,
      context: ROOT,
      devtool: 'inline-nosources-source-map',
      output: {
        ...config.output,
        devtoolModuleFilenameTemplate: ({ absoluteResourcePath }) => nameInBundle(absoluteResourcePath),
      },
    }),
  });
  replaceFile(WORKFLOWS, code);
}

/** Removes the outputs of sources that no longer exist. */
function removeStale(outputs) {
  const entries = readdirSync(DIST, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const files = entries.map((entry) => join(entry.parentPath, entry.name));
  for (const file of files) if (!outputs.has(file)) rmSync(file, { force: true });
}

const outputs = outputFiles();
// An incremental compiler does not notice that one of its outputs is missing, or that its types or this script changed.
const buildMs = modifiedMs(outputs.values().next().value);
const force = [...outputs].some((file) => !existsSync(file)) || OTHER_INPUTS.some((file) => modifiedMs(file) > buildMs);
// A bundle takes the place of the compiler's own output.
const writeFile = (path, text) => !BUNDLES.has(resolve(path)) && replaceFile(resolve(path), text);
const host = ts.createSolutionBuilderHost({ ...ts.sys, writeFile }, undefined, report);
const project = ts.createSolutionBuilder(host, [PROJECT], { force }).getNextInvalidatedProject();
if (project !== undefined) {
  process.stdout.write('building\n');
  // The compiler writes its record last, so the next build continues a build that was cut off. The record also holds the
  // errors, and the next build reports them again.
  for (const [bundle, source] of BUNDLES) await bundleLibrary(source, bundle);
  project.done();
  if (!process.exitCode) await bundleWorkflows();
}
removeStale(outputs);
