/**
 * Installs what is not installed and builds what is not built, with all output of that on standard error. It needs
 * nothing but Node.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The package's own directory. */
export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
/** The built command. */
export const COMMAND = join(ROOT, 'dist', 'cli', 'main.js');
const INTERRUPTED = 130;

const modifiedMs = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

function isInstalled() {
  return modifiedMs(join(ROOT, 'node_modules', '.package-lock.json')) >= modifiedMs(join(ROOT, 'package-lock.json'));
}

/** Runs a command to its end. Ends this process if the command fails or is interrupted. */
async function run(name, file, args, options = {}) {
  const child = spawn(file, args, { cwd: ROOT, stdio: ['ignore', 2, 2], ...options });
  // Ctrl-C reaches the child by itself; a signal to this process alone is passed on. Either way, wait for the child.
  let interrupted = false;
  const onSignal = (signal) => {
    interrupted = true;
    child.kill(signal);
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  const [status] = await once(child, 'close');
  process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  if (interrupted) process.exit(INTERRUPTED);
  if (status !== 0) {
    process.stderr.write(`${name} failed; fix that first\n`);
    process.exit(1);
  }
}

/** Runs `npm ci` with the npm that runs this script, or the one on the PATH. */
async function install() {
  const own = process.env.npm_execpath;
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  if (own !== undefined && basename(own) === 'npm-cli.js') return run('npm ci', process.execPath, [own, ...args]);
  return run('npm ci', 'npm', args, { shell: process.platform === 'win32' });
}

/** Resolves when the packages are installed and `dist/` is up to date. Ends this process if either fails. */
export async function ensureBuilt() {
  if (!isInstalled()) {
    process.stderr.write('installing what the package needs (once)\n');
    await install();
  }
  // An installation without development dependencies has no compiler; its build is as it came.
  const hasCompiler = existsSync(join(ROOT, 'node_modules', 'typescript'));
  if (hasCompiler || !existsSync(COMMAND))
    await run('npm run build', process.execPath, [join(ROOT, 'scripts', 'build.mjs')]);
}
