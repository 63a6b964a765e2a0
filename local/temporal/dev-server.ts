import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const HOST = '127.0.0.1';

/** Longest time that the server may take to accept connections, in milliseconds. */
const START_TIMEOUT_MS = 30_000;
const START_POLL_MS = 25;

/** Free ports are found by asking for some and letting go of them again, so another process may be faster. */
const MAX_STARTS = 3;

/** What a restart tells the guard below before it ends the server. */
const KEEP = 'keep\n';

/** A server that was asked to end and does not is killed after this long, in milliseconds. */
const STOP_TIMEOUT_MS = 10_000;

/**
 * Runs the server as this shell's own process and ends it, and deletes its database, when standard input closes: that
 * happens even if the process that started it was killed by SIGKILL and could not clean up. A word on standard input
 * dismisses the guard.
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

/** A dev server that runs. */
export interface DevServer extends AsyncDisposable {
  /** `host:port` for Temporal clients and workers; the namespace is `default`. */
  readonly address: string;
  /** Address of Temporal's web UI. */
  readonly uiUrl: string;
  /**
   * Ends the server as a crash (`SIGKILL`) or an operator (`SIGTERM`) would, and starts it again on the same database and
   * ports. What it had accepted is still there; clients and workers reconnect by themselves. One restart at a time.
   *
   * @throws Error if the server was closed, or does not start again.
   */
  restart(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  /** Ends the server and deletes its database. May be called more than once. */
  close(): Promise<void>;
}

/**
 * Starts a real Temporal server on free ports of the loopback interface, with web UI and a fresh SQLite file.
 *
 * It resolves when the server says that it is healthy. The server writes nothing to our output, does not get the Ctrl-C of
 * our terminal, and ends when this process ends, however that happens (on Windows only when it is closed).
 *
 * @throws Error with the server's last words if it does not start.
 */
export async function startDevServer(options: StartDevServerOptions): Promise<DevServer> {
  for (let start = 1; ; start++) {
    try {
      return await startOnce(options);
    } catch (error) {
      if (!isPortTaken(error) || start === MAX_STARTS) throw error;
    }
  }
}

async function startOnce(options: StartDevServerOptions): Promise<DevServer> {
  const [port, uiPort] = await findFreePorts();
  const directory = await mkdtemp(join(tmpdir(), `extend-parse-temporal-${port}-`));
  const place: Place = { ...options, port, uiPort, directory };
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
    running = await launchAgain(place);
  };
  try {
    running = await launch(place);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    address: `${HOST}:${port}`,
    uiUrl: `http://${HOST}:${uiPort}`,
    restart,
    close,
    [Symbol.asyncDispose]: close,
  };
}

interface Place extends StartDevServerOptions {
  readonly port: number;
  readonly uiPort: number;
  readonly directory: string;
}

interface Running {
  /** Takes the guard off: the database outlives the process. */
  keepDatabase(): Promise<void>;
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
}

/** The ports were ours a moment ago: a client that just tries to reconnect may hold one for an instant. */
async function launchAgain(place: Place): Promise<Running> {
  for (let start = 1; ; start++) {
    try {
      return await launch(place);
    } catch (error) {
      if (!isPortTaken(error) || start === MAX_STARTS) throw error;
    }
  }
}

async function launch(place: Place): Promise<Running> {
  const child = spawnGuarded(place);
  const exited = once(child, 'exit').catch(() => undefined);
  const end = async (signal: 'SIGKILL' | 'SIGTERM') => {
    child.kill(signal);
    const killing = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await exited;
    clearTimeout(killing);
  };
  const keepDatabase = () => new Promise<void>((resolve) => child.stdin?.write(KEEP, () => resolve()));
  try {
    await untilReady({ child, ...place });
  } catch (error) {
    await keepDatabase();
    await end('SIGKILL');
    throw error;
  }
  return { end, keepDatabase };
}

function isPortTaken(error: unknown): boolean {
  return error instanceof Error && error.message.includes('address already in use');
}

function spawnGuarded({ executable, port, uiPort, directory, dynamicConfig = {} }: Place) {
  const databasePath = join(directory, 'temporal.db');
  const listen = ['--ip', HOST, '--port', `${port}`, '--ui-port', `${uiPort}`, '--db-filename', databasePath];
  // What was written outlives the server's end, however sudden. That of the machine it need not: the file is deleted
  // anyway.
  const unsynced = ['--sqlite-pragma', 'synchronous=OFF'];
  const settings = Object.entries(dynamicConfig).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  const command = [
    executable,
    ...['server', 'start-dev', ...listen, ...unsynced, '--log-level', 'error'],
    ...['frontend.enableServerVersionCheck=false', ...settings].flatMap((pair) => ['--dynamic-config-value', pair]),
  ];
  // The CLI reads TEMPORAL_* too; nothing that was meant for clients may reach it.
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

async function untilReady({ child, executable, port }: Place & { readonly child: ChildProcess }): Promise<void> {
  let lastWords = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (lastWords = (lastWords + text).slice(-2_000)));
  let failure: Error | undefined;
  child.once('error', (error) => (failure = error));
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!(await accepts(port)) || !(await isHealthy({ executable, port }))) {
    if (child.exitCode !== null || child.signalCode !== null)
      failure ??= new Error(lastWords.trim() || `ended with ${child.exitCode ?? child.signalCode}`);
    if (Date.now() > deadline) failure ??= new Error(`no answer on port ${port} in ${START_TIMEOUT_MS} ms`);
    if (failure) throw new Error(`Temporal's dev server did not start: ${failure.message}`, { cause: failure });
    await sleep(START_POLL_MS);
  }
}

async function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: HOST, port });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

/** A server that accepts connections may refuse every call for a moment still. */
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
