import { Client, Connection } from '@temporalio/client';
import pidusage from 'pidusage';
import { ParseClient } from '../../client';
import { startEmulator, type Emulator } from '../../local/extend';
import { findTemporalServer, startDevServer, type DevServer } from '../../local/temporal';
import { loopSubmit } from '../loop/activities';
import { startWorkerChild, type WorkerChild, type WorkerChildOptions } from './worker-child';

/** A dev server of Temporal, the emulator and a client. Workers are processes of their own. */
export interface Stage extends AsyncDisposable {
  readonly temporal: Client;
  parseClient(taskQueue: string): ParseClient;
  /** Submits a document without a workflow, and returns the run id. */
  submit(fileUrl: string): Promise<string>;
  startWorker(options?: Pick<WorkerChildOptions, 'resultDirectory' | 'apiVersion' | 'heapMb'>): Promise<WorkerChild>;
  /** Processor time of Temporal's server since its start, in milliseconds. */
  serverCpuMs(): Promise<number>;
  /** Numbers of requests to the emulator so far, by operation. */
  requestCounts(): Readonly<Record<string, number>>;
  /** Resolves after `count` requests of this kind. The count begins at 0 at the start, and after each call that resolved. */
  untilRequests(operation: 'read' | 'result', count: number): Promise<void>;
}

/** Starts the servers and connects the client. */
export async function startStage(): Promise<Stage> {
  const counters = { read: 0, result: 0 };
  const all: Record<string, number> = {};
  let check = () => {};
  const emulator = await startEmulator({
    faults: ({ operation }) => {
      all[operation] = (all[operation] ?? 0) + 1;
      if (operation === 'read' || operation === 'result') counters[operation] += 1;
      check();
      return undefined;
    },
  });
  process.env['BENCH_EXTEND_URL'] = emulator.url;
  const server = await startDevServer({ executable: await findTemporalServer({ kind: 'dev-server' }) });
  const connection = await Connection.connect({ address: server.address });
  const temporal = new Client({ connection });
  return {
    temporal,
    parseClient: (taskQueue) => new ParseClient({ client: temporal, taskQueue }),
    submit: loopSubmit,
    startWorker: (options) =>
      startWorkerChild({ ...options, temporalAddress: server.address, extendUrl: emulator.url }),
    serverCpuMs: async () => (await pidusage(server.pid)).ctime,
    requestCounts: () => ({ ...all }),
    untilRequests: async (operation, count) => {
      await new Promise<void>((resolve) => {
        check = () => {
          if (counters[operation] >= count) resolve();
        };
        check();
      });
      Object.assign(counters, { read: 0, result: 0 });
    },
    [Symbol.asyncDispose]: () => closeStage(connection, server, emulator),
  };
}

async function closeStage(connection: Connection, server: DevServer, emulator: Emulator): Promise<void> {
  await connection.close();
  await server.close();
  await emulator.close();
}
