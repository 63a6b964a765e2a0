import { Client, Connection } from '@temporalio/client';
import { ParseClient } from '../../client';
import { startEmulator, type Emulator } from '../../local/extend';
import { findTemporalServer, startDevServer, type DevServer } from '../../local/temporal';
import { loopSubmit } from '../loop/activities';
import { startWorkerChild, type WorkerChild, type WorkerChildOptions } from './worker-child';

/** A real dev server, the local Extend and a client, in this process; workers are processes of their own. */
export interface Stage extends AsyncDisposable {
  readonly temporal: Client;
  parseClient(taskQueue: string): ParseClient;
  /** Submits a document without a workflow, and returns its run's id. */
  submit(fileUrl: string): Promise<string>;
  startWorker(options?: Pick<WorkerChildOptions, 'resultDirectory'>): Promise<WorkerChild>;
  /** Resolves when so many requests of this kind have been answered since the stage was set or this resolved last. */
  untilRequests(operation: 'read' | 'result', count: number): Promise<void>;
}

/** Sets the stage. */
export async function setStage(): Promise<Stage> {
  const counters = { read: 0, result: 0 };
  let look = () => {};
  const emulator = await startEmulator({
    faults: ({ operation }) => {
      if (operation === 'read' || operation === 'result') counters[operation] += 1;
      look();
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
    untilRequests: async (operation, count) => {
      await new Promise<void>((resolve) => {
        look = () => {
          if (counters[operation] >= count) resolve();
        };
        look();
      });
      Object.assign(counters, { read: 0, result: 0 });
    },
    [Symbol.asyncDispose]: () => strike(connection, server, emulator),
  };
}

async function strike(connection: Connection, server: DevServer, emulator: Emulator): Promise<void> {
  await connection.close();
  await server.close();
  await emulator.close();
}
