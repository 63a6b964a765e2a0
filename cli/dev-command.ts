import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_TASK_QUEUE, type Environment } from '../contract';
import { defined } from '../json';
import { readApiVersionSetting } from '../worker';
import { connectToTemporal, startLocalTemporal } from './connect-temporal';
import { EXIT_STATUS, type ExitStatus } from './exit-status';
import { listenForInterruption, untilAborted } from './interruption';
import { orUsageError } from './or-usage-error';
import { quietRuntime } from './parse-command';
import { closeAll, startWorker, type Closer } from './parse-services';
import { startEmulatorOn } from './start-emulator-on';

/** Options of `extend-parse dev`. */
export interface DevArguments {
  /** Port of the emulator; 0 takes a free one. */
  readonly port: number;
}

/** Everything that the servers are started with. */
interface DevContext extends DevArguments {
  readonly env: Environment;
  readonly signal: AbortSignal;
  readonly closers: Closer[];
}

/**
 * `extend-parse dev`: runs a Temporal dev server, an emulator of Extend and a worker in one process, until a signal ends it.
 * Prints the address of Temporal's UI, and the variables with which programs and other commands use the servers. At the
 * end, everything that the servers hold is deleted.
 *
 * @throws CommandError if Temporal's server cannot be found or started, or if the port is taken
 */
export async function devCommand({ port }: DevArguments, env: Environment): Promise<ExitStatus> {
  const interruption = listenForInterruption();
  const { signal } = interruption;
  const closers: Closer[] = [];
  try {
    await quietRuntime();
    const { variables, broken } = await startServers({ port, env, signal, closers });
    console.log('ready; Ctrl-C ends it. For programs and commands in other terminals:\n');
    for (const [name, value] of Object.entries(variables)) console.log(`export ${name}=${toShellWord(value)}`);
    await Promise.race([broken, untilAborted(signal)]);
    return EXIT_STATUS.success;
  } catch (error) {
    if (signal.aborted) return EXIT_STATUS.interrupted;
    throw error;
  } finally {
    await closeAll(closers);
    interruption.dispose();
  }
}

/** Starts the servers and the worker. Returns the variables for other programs, and a promise that rejects if the worker ends. */
async function startServers({ port, env, signal, closers }: DevContext) {
  const apiVersion = orUsageError(() => readApiVersionSetting(env));
  const server = await startLocalTemporal({ signal, say: console.log });
  closers.push(() => server.close());
  console.log(`Temporal: a local dev server; web UI at ${server.uiUrl}`);
  signal.throwIfAborted();
  const emulator = await startEmulatorOn(port);
  closers.push(() => emulator.close());
  console.log(`Extend: a local emulator, not of Extend's quality, at ${emulator.url}`);
  const temporal = await connectToTemporal(server);
  closers.push(() => temporal.close());
  const resultDirectory = await mkdtemp(join(tmpdir(), 'extend-parse-results-'));
  closers.push(() => rm(resultDirectory, { recursive: true, force: true }));
  const sourceDirectory = await realpath('.');
  const directories = { sourceDirectory, resultDirectory };
  const activities = { apiKey: 'local', baseUrl: emulator.url, ...directories, ...defined({ apiVersion }) };
  const parts = { connection: temporal.nativeConnection, taskQueue: DEFAULT_TASK_QUEUE, activities };
  const { broken } = await startWorker(parts, closers);
  console.log(`Worker: task queue ${DEFAULT_TASK_QUEUE}; file: sources in ${sourceDirectory}`);
  const variables = {
    TEMPORAL_ADDRESS: server.target.connectionOptions.address,
    EXTEND_API_KEY: 'local',
    EXTEND_BASE_URL: emulator.url,
    EXTEND_PARSE_RESULT_DIR: resultDirectory,
    EXTEND_PARSE_SOURCE_DIR: sourceDirectory,
  };
  return { variables, broken };
}

/** Quotes a word for a POSIX shell, if it needs quotes. */
function toShellWord(text: string): string {
  return /^[\w./:@-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
