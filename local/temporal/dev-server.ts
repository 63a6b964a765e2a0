import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const HOST = '127.0.0.1';

/** Time limit of the server's start, in milliseconds. */
const START_TIMEOUT_MS = 30_000;
/** Pause between two checks of a server that starts, in milliseconds. */
const START_CHECK_MS = 25;

/**
 * Largest number of starts. A server ends at once if another process takes a port between the search for free ports and
 * the start. It also has internal ports, which it chooses itself; a collision there shows as a long Go panic.
 */
const MAX_STARTS = 3;
/** Longest error output of a server that an error repeats, in characters. The cause stands before the stack traces. */
const MAX_SHOWN_OUTPUT = 2_000;

/** Word that dismisses the guard below. A restart sends it before it ends the server. */
const KEEP = 'keep\n';

/** Time limit of the server's end after a signal, in milliseconds. Then the server is killed. */
const STOP_TIMEOUT_MS = 10_000;

/**
 * Replaces the shell's process by the server, with a guard beside it. The guard kills the server and deletes its
 * database when standard input closes. Standard input closes even if the process that started the server was killed by
 * SIGKILL and could not clean up. A word on standard input dismisses the guard.
 */
const GUARD_SCRIPT = `directory=$1; shift; exec 3<&0
(read -r word <&3 && exit; kill -KILL $$; rm -rf "$directory") >/dev/null 2>&1 &
exec 3<&- "$@" </dev/null`;

/** Settings of {@link startDevServer}. */
export interface StartDevServerOptions {
  /** Path of the `temporal` executable, as `findTemporalServer` returns it. */
  readonly executable: string;
  /** Server settings as key and JSON value, such as `{ 'limit.historyCount.suggestContinueAsNew': 40 }`. @default {} */
  readonly dynamicConfig?: Readonly<Record<string, string | number | boolean>>;
}

/** A running dev server. */
export interface DevServer extends AsyncDisposable {
  /** `host:port` for Temporal clients and workers; the namespace is `default`. */
  readonly address: string;
  /** URL of Temporal's web UI. */
  readonly uiUrl: string;
  /** Id of the server's process. A restart changes it. */
  readonly pid: number;
  /**
   * Ends the server as a crash (`SIGKILL`) or an operator (`SIGTERM`) would, and starts it again on the same database
   * and ports. Everything that the server had accepted is still there. Clients and workers reconnect by themselves.
   * Only one restart may run at a time.
   *
   * @throws Error if the server was closed or does not start again.
   */
  restart(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  /** Ends the server and deletes its database. It may be called more than once. */
  close(): Promise<void>;
}

/**
 * Starts a real Temporal server on free ports of the loopback interface, with web UI and a new SQLite file.
 *
 * It resolves when the server reports that it is healthy. The server writes nothing to this process's output and does
 * not get the Ctrl-C of its terminal. It ends when this process ends, for whatever reason; on Windows it ends only by
 * `close`.
 *
 * @throws Error with the beginning of the server's error output if it does not start.
 */
export async function startDevServer(options: StartDevServerOptions): Promise<DevServer> {
  return startAgain(() => startOnFreePorts(options));
}

/** A server that ended by itself before it was ready. */
class EndedEarlyError extends Error {}

/** Repeats a start in which the server ended by itself. */
async function startAgain<T>(start: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start();
    } catch (error) {
      if (!(error instanceof EndedEarlyError) || attempt === MAX_STARTS) throw error;
    }
  }
}

async function startOnFreePorts(options: StartDevServerOptions): Promise<DevServer> {
  const [port, uiPort] = await findFreePorts();
  const directory = await mkdtemp(join(tmpdir(), `extend-parse-temporal-${port}-`));
  const settings: ServerSettings = { ...options, port, uiPort, directory };
  let running: Running | undefined;
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= (async () => {
      await running?.end('SIGKILL');
      await rm(directory, { recursive: true, force: true });
    })();
    return closing;
  };
  const restart = async (signal: 'SIGKILL' | 'SIGTERM') => {
    if (closing) throw new Error("Temporal's dev server cannot be restarted: it was closed");
    await running?.keepDatabase();
    await running?.end(signal);
    // A client that tries to reconnect may hold one of the ports for an instant.
    running = await startAgain(() => launch(settings));
  };
  try {
    running = await launch(settings);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    address: `${HOST}:${port}`,
    uiUrl: `http://${HOST}:${uiPort}`,
    get pid() {
      return running?.pid ?? 0;
    },
    restart,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Settings of a server that stay the same at a restart. */
interface ServerSettings extends StartDevServerOptions {
  readonly port: number;
  readonly uiPort: number;
  /** Directory of the database. */
  readonly directory: string;
}

/** A server process. */
interface Running {
  readonly pid: number;
  /** Dismisses the guard, so that the database outlives the process. */
  keepDatabase(): Promise<void>;
  /** Ends the process, and resolves when it has ended. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
}

async function launch(settings: ServerSettings): Promise<Running> {
  const child = spawnGuarded(settings);
  const exited = once(child, 'exit').catch(() => undefined);
  const end = async (signal: 'SIGKILL' | 'SIGTERM') => {
    child.kill(signal);
    const killing = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await exited;
    clearTimeout(killing);
  };
  const keepDatabase = () => new Promise<void>((resolve) => child.stdin?.write(KEEP, () => resolve()));
  try {
    await untilReady({ child, ...settings });
  } catch (error) {
    await keepDatabase();
    await end('SIGKILL');
    throw error;
  }
  return { pid: child.pid ?? 0, end, keepDatabase };
}

function spawnGuarded({ executable, port, uiPort, directory, dynamicConfig = {} }: ServerSettings) {
  const databasePath = join(directory, 'temporal.db');
  const listen = ['--ip', HOST, '--port', `${port}`, '--ui-port', `${uiPort}`, '--db-filename', databasePath];
  // Without sync, the database survives a crash of the server but not of the machine. That is enough, because the file
  // is deleted at the end.
  const unsynced = ['--sqlite-pragma', 'synchronous=OFF'];
  const settings = Object.entries(dynamicConfig).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  const command = [
    executable,
    ...['server', 'start-dev', ...listen, ...unsynced, '--log-level', 'error'],
    ...['frontend.enableServerVersionCheck=false', ...settings].flatMap((pair) => ['--dynamic-config-value', pair]),
  ];
  // The CLI reads the variables TEMPORAL_* too, and those of clients must not configure it.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TEMPORAL_')));
  const windows = process.platform === 'win32';
  const [file, args] = windows
    ? [executable, command.slice(1)]
    : ['sh', ['-c', GUARD_SCRIPT, 'sh', directory, ...command]];
  const child = spawn(file, args, { env, detached: !windows, stdio: ['pipe', 'ignore', 'pipe'] });
  child.stdin?.on('error', () => undefined);
  child.once('exit', () => child.stdin?.destroy());
  return child;
}

async function untilReady({
  child,
  executable,
  port,
}: ServerSettings & { readonly child: ChildProcess }): Promise<void> {
  let output = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (output = (output + text).slice(0, MAX_SHOWN_OUTPUT)));
  let notStarted: Error | undefined;
  child.once('error', (error) => (notStarted = error));
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!(await accepts(port)) || !(await isHealthy({ executable, port }))) {
    if (notStarted) throw new Error(startFailure(notStarted.message), { cause: notStarted });
    if (child.exitCode !== null || child.signalCode !== null)
      throw new EndedEarlyError(startFailure(output.trim() || `ended with ${child.exitCode ?? child.signalCode}`));
    if (Date.now() > deadline) throw new Error(startFailure(`no answer on port ${port} in ${START_TIMEOUT_MS} ms`));
    await sleep(START_CHECK_MS);
  }
}

function startFailure(reason: string): string {
  return `Temporal's dev server did not start: ${reason}`;
}

async function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: HOST, port });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

/** Tells if the server accepts calls. A server that accepts connections may still refuse every call for a moment. */
async function isHealthy({
  executable,
  port,
}: {
  readonly executable: string;
  readonly port: number;
}): Promise<boolean> {
  const check = spawn(executable, ['operator', 'cluster', 'health', '--address', `${HOST}:${port}`], {
    stdio: 'ignore',
  });
  const [status] = (await once(check, 'exit').catch(() => [1])) as [number | null];
  return status === 0;
}

async function findFreePorts(): Promise<[number, number]> {
  const [first, second] = [createServer(), createServer()];
  await Promise.all([first, second].map((server) => once(server.listen(0, HOST), 'listening')));
  const ports: [number, number] = [(first.address() as AddressInfo).port, (second.address() as AddressInfo).port];
  await Promise.all([first, second].map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
