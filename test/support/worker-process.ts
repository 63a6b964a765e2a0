import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, runNode, type NodeProcess, type ProcessEnd } from './run-node';
import { devServerAddress } from './servers';

const COMMAND = join(ROOT, 'dist', 'cli', 'main.js');

/** A process of `extend-parse worker`. */
export interface WorkerProcess extends Pick<NodeProcess, 'output' | 'ended'> {
  readonly pid: number;
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
  const { child, output, ended } = runNode([COMMAND, 'worker', ...args], env);
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
