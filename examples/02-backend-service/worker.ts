import { Worker, type NativeConnection } from '@temporalio/worker';
import { ExtendParsePlugin } from 'temporal-extend-parse/worker';

/**
 * Creates a worker that only parses. In production it runs in a process of its own, or in many. It submits in version
 * 2026-02-09 of Extend's API, because the service gives metadata to its runs and cancels them.
 */
export async function createWorker(connection: NativeConnection, taskQueue: string): Promise<Worker> {
  const { EXTEND_API_KEY = '', EXTEND_BASE_URL } = process.env;
  const plugin = new ExtendParsePlugin({
    apiKey: EXTEND_API_KEY,
    apiVersion: '2026-02-09',
    ...(EXTEND_BASE_URL && { baseUrl: EXTEND_BASE_URL }),
  });
  return Worker.create({ connection, taskQueue, plugins: [plugin] });
}
