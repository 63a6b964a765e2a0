import { fork } from 'node:child_process';
import { once } from 'node:events';

/** A command to a worker process. */
export type Command =
  | { readonly name: 'start'; readonly taskQueue: string; readonly maxCachedWorkflows: number }
  | { readonly name: 'fetchToFile'; readonly runId: string; readonly path: string }
  | { readonly name: 'cpuMs' | 'rssBytes' | 'watchMemory' | 'peakBytes' | 'stop' };

/** The answer of a worker process to a command. */
export type Answer = { readonly value: number } | { readonly error: string };

/** A worker in a process of its own. It takes one command at a time. */
export interface WorkerChild extends AsyncDisposable {
  /** Starts a worker that polls this task queue until `stop`. */
  start(taskQueue: string, maxCachedWorkflows: number): Promise<void>;
  /** Processor time since `start`, in milliseconds. */
  cpuMs(): Promise<number>;
  /** Resident memory of the process, in bytes. */
  rssBytes(): Promise<number>;
  /** Begins to sample the resident memory, and returns its current value, in bytes. */
  watchMemory(): Promise<number>;
  /** The highest resident memory since `watchMemory`, in bytes. */
  peakBytes(): Promise<number>;
  /** Fetches a run into a file with plain `fetch`, and returns the time that it took, in milliseconds. */
  fetchToFile(runId: string, path: string): Promise<number>;
  stop(): Promise<void>;
}

/** Settings of {@link startWorkerChild}. */
export interface WorkerChildOptions {
  readonly temporalAddress: string;
  readonly extendUrl: string;
  /** Directory for results. @default none: the worker stores no results */
  readonly resultDirectory?: string | undefined;
  /** Version of Extend's API for new submits. @default that of a worker */
  readonly apiVersion?: string | undefined;
  /** Limit of V8's old space, in megabytes. V8 collects late as long as it has memory. @default that of Node */
  readonly heapMb?: number | undefined;
}

/** Starts a worker process, and resolves when the process takes commands. It polls no task queue yet. */
export async function startWorkerChild(options: WorkerChildOptions): Promise<WorkerChild> {
  const { temporalAddress, extendUrl, resultDirectory, apiVersion, heapMb } = options;
  const results = resultDirectory === undefined ? {} : { BENCH_RESULT_DIR: resultDirectory };
  const version = apiVersion === undefined ? {} : { BENCH_API_VERSION: apiVersion };
  const heap = heapMb === undefined ? {} : { NODE_OPTIONS: `--max-old-space-size=${heapMb}` };
  const servers = { BENCH_TEMPORAL_ADDRESS: temporalAddress, BENCH_EXTEND_URL: extendUrl };
  const env = { ...process.env, ...servers, ...results, ...version, ...heap };
  const child = fork('scripts/run-ts.mjs', ['bench/servers/worker-process.ts'], { env });
  const exited = once(child, 'exit');
  const answer = async () => {
    const ended = exited.then(([status]) => Promise.reject(new Error(`the worker process ended with ${status}`)));
    const [message] = (await Promise.race([once(child, 'message'), ended])) as [Answer];
    if ('error' in message) throw new Error(message.error);
    return message.value;
  };
  const ask = async (command: Command) => {
    const answered = answer();
    child.send(command);
    return answered;
  };
  await answer();
  return {
    start: async (taskQueue, maxCachedWorkflows) => void (await ask({ name: 'start', taskQueue, maxCachedWorkflows })),
    cpuMs: () => ask({ name: 'cpuMs' }),
    rssBytes: () => ask({ name: 'rssBytes' }),
    watchMemory: () => ask({ name: 'watchMemory' }),
    peakBytes: () => ask({ name: 'peakBytes' }),
    fetchToFile: (runId, path) => ask({ name: 'fetchToFile', runId, path }),
    stop: async () => void (await ask({ name: 'stop' })),
    [Symbol.asyncDispose]: async () => {
      child.disconnect();
      await exited;
    },
  };
}
