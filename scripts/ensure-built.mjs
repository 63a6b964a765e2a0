/**
 * Installs what is not installed and builds what is not built, with all output of that on standard error. It needs
 * nothing but Node.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The package's own directory. */
export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
/** The built command. */
export const COMMAND = join(ROOT, 'dist', 'cli', 'main.js');
/** Every build writes this file, and writes it last. */
const BUILT = join(ROOT, 'dist', 'http', 'ky.js');
const INTERRUPTED = 130;

const modifiedMs = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

function isInstalled() {
  return modifiedMs(join(ROOT, 'node_modules', '.package-lock.json')) >= modifiedMs(join(ROOT, 'package-lock.json'));
}

/** A directory's own time tells of files that are gone. */
function newestSourceMs() {
  const configuration = ['package.json', 'tsconfig.json', 'tsconfig.build.json', 'scripts/build.mjs'];
  const { include } = JSON.parse(readFileSync(join(ROOT, 'tsconfig.build.json'), 'utf8'));
  const sources = include.flatMap((folder) => {
    const names = readdirSync(join(ROOT, folder), { recursive: true });
    return [folder, ...names.map((name) => join(folder, name))];
  });
  return Math.max(...[...configuration, ...sources].map((path) => modifiedMs(join(ROOT, path))));
}

function isBuilt() {
  return existsSync(COMMAND) && modifiedMs(BUILT) >= newestSourceMs();
}

/** The npm that runs this script, or the one on the PATH. */
async function npm(...args) {
  const own = process.env.npm_execpath;
  const viaNode = own !== undefined && basename(own) === 'npm-cli.js';
  const [file, prefix] = viaNode ? [process.execPath, [own]] : ['npm', []];
  const shell = !viaNode && process.platform === 'win32';
  const child = spawn(file, [...prefix, ...args], { cwd: ROOT, stdio: ['ignore', 2, 2], shell });
  // Ctrl-C reaches the child by itself; a signal to this process alone has to be handed on. Either way, wait for it.
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
    process.stderr.write(`npm ${args.join(' ')} failed; mend that first\n`);
    process.exit(1);
  }
}

/** Comes back when `dist/` is what the sources say; ends this process where that cannot be had. */
export async function ensureBuilt() {
  if (!isInstalled()) {
    process.stderr.write('installing what the package needs (once)\n');
    await npm('ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error');
  }
  if (!isBuilt()) {
    process.stderr.write('building\n');
    await npm('run', '--silent', 'build');
  }
}
