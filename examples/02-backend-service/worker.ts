import { Worker, type NativeConnection } from '@temporalio/worker';
import { ExtendParsePlugin } from 'temporal-extend-parse/worker';

/** A worker that parses and does nothing else. In production it is a process of its own, or many. */
export async function createWorker(connection: NativeConnection, taskQueue: string): Promise<Worker> {
  const { EXTEND_API_KEY = '', EXTEND_BASE_URL } = process.env;
  const plugin = new ExtendParsePlugin({
    apiKey: EXTEND_API_KEY,
    ...(EXTEND_BASE_URL && { baseUrl: EXTEND_BASE_URL }),
  });
  return Worker.create({ connection, taskQueue, plugins: [plugin] });
}
