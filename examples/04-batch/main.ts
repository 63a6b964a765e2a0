/**
 * Parses many documents as one batch. It prints the progress and the outcome of each document, and starts the batch
 * again.
 *
 *     npm run example 04 -- invoices/*.pdf https://example.com/invoice.pdf
 */
import { basename, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { Client } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { ParseClient, type BatchHandle, type BatchInput } from 'temporal-extend-parse/client';
import { createFileStore } from 'temporal-extend-parse/storage';
import { ExtendParsePlugin } from 'temporal-extend-parse/worker';

const { TEMPORAL_ADDRESS = 'localhost:7233', EXTEND_API_KEY = '', EXTEND_BASE_URL } = process.env;
const { BATCH_KEY: idempotencyKey = 'example-04', BATCH_DATA = '.cache/batch-data' } = process.env;
const TASK_QUEUE = 'example-04';
/** Pause between two reports of the progress, in milliseconds. */
const EVERY_MS = 1_000;

async function main(paths: readonly string[]): Promise<void> {
  Runtime.install({ logger: new DefaultLogger('WARN') }); // at INFO, log lines would hide the result
  const resultStore = createFileStore({ directory: join(BATCH_DATA, 'results') });
  const connection = await NativeConnection.connect({ address: TEMPORAL_ADDRESS });
  const plugin = new ExtendParsePlugin({
    apiKey: EXTEND_API_KEY,
    ...(EXTEND_BASE_URL && { baseUrl: EXTEND_BASE_URL }),
    resultStore,
    sourceDirectory: process.cwd(), // files may come from this directory only
  });
  const worker = await Worker.create({ connection, taskQueue: TASK_QUEUE, plugins: [plugin] });
  const parsing = new ParseClient({ client: new Client({ connection }), taskQueue: TASK_QUEUE, resultStore });
  const batch: BatchInput = { documents: paths.map(toDocument), defaults: { polling: { engine: 'retry' } }, width: 20 };

  await worker.runUntil(async () => {
    await follow(await parsing.startBatch(batch, { idempotencyKey }));

    console.log('\nA start with the same key returns the same batch. Nothing is parsed or billed twice:');
    await follow(await parsing.startBatch(batch, { idempotencyKey }));

    console.log('\nA start with retryFailed parses only the failed documents again:');
    await follow(await parsing.startBatch({ ...batch, retryFailed: true }, { idempotencyKey }));
  });
  await connection.close();
}

/**
 * Converts a path to a document. By its id, a later start recognizes the document, at whatever position in the list.
 */
function toDocument(path: string) {
  const isUrl = /^https?:/.test(path);
  const id = basename(isUrl ? new URL(path).pathname : path);
  return { id, file: isUrl ? { fileUrl: path } : { source: pathToFileURL(resolve(path)).href } };
}

/** Reports the progress until the batch has ended, then the outcomes. A document that fails stops no other document. */
async function follow(batch: BatchHandle): Promise<void> {
  const ended = batch.result();
  while ((await Promise.race([ended, sleep(EVERY_MS)])) === undefined) {
    const { done, failed, inFlight, total = '?' } = await batch.progress();
    console.error(`${done} of ${total} done, ${failed} failed, ${inFlight} in flight`);
  }
  const { total, processed, failed } = await ended;
  console.log(`${processed} of ${total} parsed, ${failed} failed`);
  for await (const outcome of batch.outcomes()) {
    if (outcome.status === 'processed')
      console.log(`  ${outcome.id}: parsed, pages: ${outcome.result.pageCount ?? '?'}`);
    if (outcome.status === 'failed')
      console.log(`  ${outcome.id}: ${outcome.failure.type}, ${outcome.failure.message}`);
  }
}

const paths = process.argv.slice(2);
main(paths.length > 0 ? paths : ['cli/sample/invoice.pdf', 'cli/sample/README.md', 'cli/sample/missing.pdf']).catch(
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
