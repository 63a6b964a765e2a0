/**
 * Makes one trace, from the client's call through workflow and activities to the requests that Extend gets, and prints
 * its spans.
 *
 *     npm run example 07 -- https://example.com/invoice.pdf
 */
import { tracingPlugin } from './tracing';
import { Client } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { ParseClient } from 'temporal-extend-parse/client';
import { ExtendParsePlugin } from 'temporal-extend-parse/worker';

const { TEMPORAL_ADDRESS = 'localhost:7233', EXTEND_API_KEY = '', EXTEND_BASE_URL } = process.env;
const TASK_QUEUE = 'example-07';

async function main(fileUrl = 'http://emulator.invalid/ok'): Promise<void> {
  Runtime.install({ logger: new DefaultLogger('WARN') }); // at INFO, log lines would hide the result
  const connection = await NativeConnection.connect({ address: TEMPORAL_ADDRESS });
  const plugin = new ExtendParsePlugin({
    apiKey: EXTEND_API_KEY,
    ...(EXTEND_BASE_URL && { baseUrl: EXTEND_BASE_URL }),
  });
  const worker = await Worker.create({ connection, taskQueue: TASK_QUEUE, plugins: [plugin, tracingPlugin] });
  const client = new Client({ connection, plugins: [tracingPlugin] });
  const parsing = new ParseClient({ client, taskQueue: TASK_QUEUE });

  await worker.runUntil(parsing.execute({ file: { fileUrl } }));
  await connection.close();
}

main(process.argv[2]).catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
