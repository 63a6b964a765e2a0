import { fork } from 'node:child_process';
import { once } from 'node:events';

/** What a worker process is told. */
export type Command =
  | { readonly name: 'start'; readonly taskQueue: string; readonly maxCachedWorkflows: number }
  | { readonly name: 'cpuMs' | 'rssBytes' | 'stop' };

/** What it answers. */
export type Answer = { readonly value: number } | { readonly error: string };

/** A worker in a process of its own. One command at a time. */
export interface WorkerChild extends AsyncDisposable {
  /** Polls this task queue until it is told to stop. */
  start(taskQueue: string, maxCachedWorkflows: number): Promise<void>;
  /** Processor time since it was started, in milliseconds. */
  cpuMs(): Promise<number>;
  /** Resident memory of the process, in bytes. */
  rssBytes(): Promise<number>;
  stop(): Promise<void>;
}

/** Starts a worker process. It is ready when this resolves, and polls nothing yet. */
export async function startWorkerChild(temporalAddress: string, extendUrl: string): Promise<WorkerChild> {
  const env = { ...process.env, BENCH_TEMPORAL_ADDRESS: temporalAddress, BENCH_EXTEND_URL: extendUrl };
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
    stop: async () => void (await ask({ name: 'stop' })),
    [Symbol.asyncDispose]: async () => {
      child.disconnect();
      await exited;
    },
  };
}
