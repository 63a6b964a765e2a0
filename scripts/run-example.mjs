/**
 * `npm run example NUMBER -- [ARGUMENTS…]`: runs one of `examples/` as a user of the built package would.
 *
 * Its files are compiled one by one into `.cache/`, where the package's own name leads to `dist/`. What the environment
 * does not name is started for this call only: a Temporal dev server without `TEMPORAL_ADDRESS`, an emulator of Extend
 * without `EXTEND_API_KEY`. An example with a module `local-cloud` has a server that runs in front of the dev server.
 * Such an example also reads Temporal's profiles, which may name an address.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ensureBuilt, ROOT } from './ensure-built.mjs';

const EXAMPLES = join(ROOT, 'examples');
const WRONG_USAGE = 2;
const INTERRUPTED = 130;
const require = createRequire(import.meta.url);
const say = (line) => process.stderr.write(`${line}\n`);

/** Full name of the example that the first argument begins. */
function chooseExample(wanted) {
  const names = readdirSync(EXAMPLES, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? [entry.name] : [],
  );
  const chosen = wanted === undefined ? [] : names.filter((name) => name.startsWith(wanted));
  if (chosen.length === 1) return chosen[0];
  say(`usage: npm run example NUMBER -- [ARGUMENTS…]; there are ${names.join(', ')}`);
  process.exit(WRONG_USAGE);
}

async function compile(name) {
  const directory = join(ROOT, '.cache', 'examples', `${name}-${process.pid}`);
  const { build } = await import('esbuild');
  const entryPoints = readdirSync(join(EXAMPLES, name)).filter((file) => file.endsWith('.ts'));
  await build({
    absWorkingDir: join(EXAMPLES, name),
    entryPoints,
    outdir: directory,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    sourcemap: 'inline',
    logLevel: 'warning',
  });
  return directory;
}

/** Address of the Temporal server that the example will use, if one is configured. */
function configuredAddress(environment, localCloud) {
  if (localCloud === undefined) return environment.TEMPORAL_ADDRESS;
  return require('../dist/worker').readTemporalConfiguration(environment).connectionOptions.address;
}

/**
 * Starts what is not configured, and returns the variables that lead to it. `closers` get what ends it. An interruption ends
 * the start after the step that has begun.
 */
async function startStandIns(environment, { localCloud, closers, signal }) {
  const variables = {};
  if (!configuredAddress(environment, localCloud)) {
    const { findTemporalServer, startDevServer } = require('../dist/local/temporal');
    const server = await startDevServer({
      executable: await findTemporalServer({ kind: 'dev-server', onDownload: say }),
    });
    closers.push(() => server.close());
    signal.throwIfAborted();
    variables.TEMPORAL_ADDRESS = server.address;
    say(`Temporal: a local dev server, for this call only; web UI at ${server.uiUrl}`);
    if (localCloud !== undefined) {
      const standIn = await localCloud.startStandIn(server.address);
      closers.unshift(() => standIn.close());
      Object.assign(variables, standIn.variables);
      say(`In front of it: TLS on ${standIn.variables.TEMPORAL_ADDRESS}; it requires the API key`);
    }
  }
  if (!environment.EXTEND_API_KEY) {
    const emulator = await require('../dist/local/extend').startEmulator();
    closers.push(() => emulator.close());
    Object.assign(variables, { EXTEND_API_KEY: 'local', EXTEND_BASE_URL: emulator.url });
    say("Extend: a local emulator, not of Extend's quality; set EXTEND_API_KEY to use Extend itself");
  }
  signal.throwIfAborted();
  return variables;
}

/** Arguments of Node: the program of the example, or plain jest if the example is a test. */
function programOf(directory) {
  const program = join(directory, 'main.js');
  if (existsSync(program)) return ['--enable-source-maps', program];
  return [require.resolve('jest/bin/jest'), '--rootDir', directory, '--config', '{}'];
}

/** Listens for the signals that end an example, from before its servers start. */
function listenForSignals() {
  const interruption = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => interruption.abort(name));
  return interruption.signal;
}

/**
 * Runs the example to its end. The first signal is passed on as SIGTERM. On Ctrl-C, a terminal signals the child too, so
 * that signal is passed on without a terminal only.
 */
async function run(programArguments, { env, signal }) {
  const child = spawn(process.execPath, programArguments, { env, stdio: 'inherit' });
  signal.addEventListener('abort', () => {
    if (signal.reason !== 'SIGINT' || !process.stdin.isTTY) child.kill('SIGTERM');
  });
  const [status] = await once(child, 'close');
  return status ?? INTERRUPTED;
}

const [wanted, ...programArguments] = process.argv.slice(2);
const name = chooseExample(wanted);
await ensureBuilt();
if (process.env.npm_lifecycle_event === 'example') require('../dist/cli/end-with-shell.js').endWithShell();
const signal = listenForSignals();
const closers = [];
let directory;
try {
  directory = await compile(name);
  const path = join(directory, 'local-cloud.js');
  const localCloud = existsSync(path) ? require(path) : undefined;
  const variables = await startStandIns(process.env, { localCloud, closers, signal });
  const env = { ...process.env, ...variables };
  process.exitCode = await run([...programOf(directory), ...programArguments], { env, signal });
} catch (error) {
  if (!signal.aborted) throw error;
  process.exitCode = INTERRUPTED;
} finally {
  await Promise.all(closers.map((close) => close()));
  if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
}
