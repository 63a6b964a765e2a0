/**
 * Parses one document, a URL or a file, and prints its markdown: a worker and a client in one process.
 *
 *     npm run example 01 -- https://example.com/invoice.pdf
 */
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Client } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { ParseClient } from 'temporal-extend-parse/client';
import { ExtendParsePlugin } from 'temporal-extend-parse/worker';

const { TEMPORAL_ADDRESS = 'localhost:7233', EXTEND_API_KEY = '', EXTEND_BASE_URL } = process.env;
const TASK_QUEUE = 'example-01';

async function main(document = 'cli/sample/invoice.pdf'): Promise<void> {
  Runtime.install({ logger: new DefaultLogger('WARN') }); // at INFO, log lines would hide the result
  const isUrl = /^https?:/.test(document);
  const plugin = new ExtendParsePlugin({
    apiKey: EXTEND_API_KEY,
    ...(EXTEND_BASE_URL && { baseUrl: EXTEND_BASE_URL }),
    ...(!isUrl && { sourceDirectory: dirname(resolve(document)) }), // files may come from this directory only
  });
  const connection = await NativeConnection.connect({ address: TEMPORAL_ADDRESS });
  const worker = await Worker.create({ connection, taskQueue: TASK_QUEUE, plugins: [plugin] });
  const parsing = new ParseClient({ client: new Client({ connection }), taskQueue: TASK_QUEUE });

  await worker.runUntil(async () => {
    const file = isUrl ? { fileUrl: document } : { source: pathToFileURL(document).href };
    const result = await parsing.execute({ file });
    console.error(`pages: ${result.pageCount ?? '?'}, polls: ${result.polls}, run: ${result.runId}`);
    for await (const { content } of parsing.readChunks(result)) console.log(content);
  });
  await connection.close();
}

main(process.argv[2]).catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
