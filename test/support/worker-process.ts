import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { KEPT_BUNDLES } from './kept-bundles';
import { devServerAddress } from './servers';

const COMMAND = join(__dirname, '..', '..', 'dist', 'cli', 'main.js');

/** The end of a process: one of the two members is null. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process of `extend-parse worker`. */
export interface WorkerProcess {
  readonly pid: number;
  /** Everything that it has printed so far. */
  readonly output: { readonly stdout: string; readonly stderr: string };
  /** The end of the process; pending while it runs. */
  readonly ended: Promise<ProcessEnd>;
  /** Sends a signal. Resolves once the process has ended. */
  end(signal: NodeJS.Signals): Promise<ProcessEnd>;
  /** Kills it if it still runs, so that no test leaves a process behind. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Runs the built `extend-parse worker` with these variables. The worker inherits the other variables of this process,
 * except `NODE_OPTIONS` and those of Temporal and Extend. The function does not wait.
 *
 * @throws Error if there is no build.
 */
export function spawnWorkerProcess(env: Readonly<Record<string, string>>, args: readonly string[] = []): WorkerProcess {
  if (!existsSync(COMMAND)) throw new Error(`${COMMAND} is missing: run npm run build`);
  const inherited = Object.entries(process.env).filter(([name]) => !/^(TEMPORAL|EXTEND|NODE_OPTIONS)/.test(name));
  const child = spawn(process.execPath, [COMMAND, 'worker', ...args], {
    env: {
      ...Object.fromEntries(inherited),
      ...KEPT_BUNDLES,
      TEMPORAL_CONFIG_FILE: join(__dirname, 'no-such-profiles.toml'),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  const ended = once(child, 'close').then(([code, signal]): ProcessEnd => ({ code, signal }));
  const end = (signal: NodeJS.Signals) => {
    child.kill(signal);
    return ended;
  };
  const dispose = async () => void (await end('SIGKILL'));
  return { pid: child.pid as number, output, ended, end, [Symbol.asyncDispose]: dispose };
}

/** Settings of {@link startWorkerProcess}. */
export interface WorkerProcessOptions {
  readonly taskQueue: string;
  /** URL of the emulator. */
  readonly baseUrl: string;
  /** `host:port` of the Temporal server. @default the shared dev server */
  readonly address?: string;
  /** Further variables. @default {} */
  readonly env?: Readonly<Record<string, string>>;
  /** Options of the command. @default none */
  readonly args?: readonly string[];
}

/** Starts a worker process, and resolves once it polls. @throws Error with its standard error if it ends instead */
export async function startWorkerProcess(options: WorkerProcessOptions): Promise<WorkerProcess> {
  const { taskQueue, baseUrl, address = devServerAddress(), env = {}, args = [] } = options;
  const variables = {
    TEMPORAL_ADDRESS: address,
    EXTEND_API_KEY: 'test-key',
    EXTEND_BASE_URL: baseUrl,
    EXTEND_PARSE_TASK_QUEUE: taskQueue,
    ...env,
  };
  const worker = spawnWorkerProcess(variables, args);
  let isOver = false;
  void worker.ended.then(() => (isOver = true));
  while (!worker.output.stdout.includes(`polling ${taskQueue} at ${address}\n`)) {
    if (isOver) throw new Error(`the worker ended before it polled: ${worker.output.stderr}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return worker;
}
