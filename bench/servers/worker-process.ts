/**
 * A worker in a process of its own, so that its CPU and memory can be measured. It has the package's workflows and the
 * hand-written ones, polls one task queue after another, and obeys the commands of its parent process.
 */
import { resolve } from 'node:path';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { API_VERSIONS } from '../../contract/extend';
import { defined } from '../../json';
import { createParseWorker } from '../../worker';
import * as loopActivities from '../loop/activities';
import type { Answer, Command } from './worker-child';

const SHUTDOWN_GRACE_MS = 1_000;
const MICROSECONDS_PER_MS = 1_000;
const SAMPLE_MEMORY_EVERY_MS = 5;

interface RunningWorker {
  readonly cpuBefore: NodeJS.CpuUsage;
  stop(): Promise<void>;
}

/** A series of samples of the resident memory. */
interface MemoryWatch {
  /** Ends the series and returns its highest sample, in bytes. */
  stop(): number;
}

function watchMemory(): MemoryWatch {
  let peak = 0;
  const sample = () => {
    peak = Math.max(peak, process.memoryUsage.rss());
  };
  const timer = setInterval(sample, SAMPLE_MEMORY_EVERY_MS);
  return {
    stop: () => {
      clearInterval(timer);
      sample();
      return peak;
    },
  };
}

async function main(): Promise<void> {
  // The SDK gets no signals to handle, so that Ctrl-C ends the bench at once.
  Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
  const { BENCH_TEMPORAL_ADDRESS: address = '', BENCH_EXTEND_URL: baseUrl = '' } = process.env;
  const { BENCH_RESULT_DIR: resultDirectory } = process.env;
  const apiVersion = API_VERSIONS.find((version) => version === process.env['BENCH_API_VERSION']);
  const connection = await NativeConnection.connect({ address });
  const workflowsPath = resolve('bench/loop/workflows.ts');
  const workflowBundle = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
  let running: RunningWorker | undefined;
  let memory: MemoryWatch | undefined;

  const start = async (taskQueue: string, maxCachedWorkflows: number): Promise<RunningWorker> => {
    const worker = await createParseWorker({
      connection,
      taskQueue,
      activities: { apiKey: 'bench', baseUrl, ...defined({ resultDirectory, apiVersion }) },
      shutdownGraceTimeMs: SHUTDOWN_GRACE_MS,
      worker: { workflowBundle, maxCachedWorkflows, activities: loopActivities },
    });
    const cpuBefore = process.cpuUsage();
    const ended = worker.run();
    const stop = async () => {
      worker.shutdown();
      await ended;
    };
    return { cpuBefore, stop };
  };

  const obey = async (command: Command): Promise<number> => {
    switch (command.name) {
      case 'start':
        running = await start(command.taskQueue, command.maxCachedWorkflows);
        return 0;
      case 'cpuMs': {
        const { user, system } = process.cpuUsage(running?.cpuBefore);
        return (user + system) / MICROSECONDS_PER_MS;
      }
      case 'rssBytes':
        return process.memoryUsage.rss();
      case 'watchMemory':
        memory = watchMemory();
        return process.memoryUsage.rss();
      case 'peakBytes':
        return memory?.stop() ?? Number.NaN;
      case 'fetchToFile': {
        const startedAtMs = performance.now();
        await loopActivities.loopFetchToFile(command.runId, command.path);
        return performance.now() - startedAtMs;
      }
      case 'stop':
        await running?.stop();
        return 0;
    }
  };

  const reply = (answer: Answer) => process.send?.(answer);
  process.on('message', (command: Command) => {
    obey(command).then(
      (value) => reply({ value }),
      (error: unknown) => reply({ error: String(error) }),
    );
  });
  process.on('disconnect', () => process.exit());
  reply({ value: 0 });
}

void main();
