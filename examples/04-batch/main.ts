/**
 * Parses many documents as one piece of work: how far it is, what became of each, and what starting it again does.
 *
 *     npm run example 04 -- invoices/*.pdf https://example.com/invoice.pdf
 */
import { basename, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { Client } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { ParseClient, type BatchHandle, type BatchInput } from 'temporal-extend-parse/client';
import { createFileStore } from 'temporal-extend-parse/storage';
import { ExtendParsePlugin } from 'temporal-extend-parse/worker';

const { TEMPORAL_ADDRESS = 'localhost:7233', EXTEND_API_KEY = '', EXTEND_BASE_URL } = process.env;
const { BATCH_KEY: idempotencyKey = 'example-04', BATCH_DATA = '.cache/batch-data' } = process.env;
const TASK_QUEUE = 'example-04';
const EVERY_MS = 1_000;

async function main(paths: readonly string[]): Promise<void> {
  const resultStore = createFileStore({ directory: join(BATCH_DATA, 'results') });
  const connection = await NativeConnection.connect({ address: TEMPORAL_ADDRESS });
  const plugin = new ExtendParsePlugin({
    apiKey: EXTEND_API_KEY,
    ...(EXTEND_BASE_URL && { baseUrl: EXTEND_BASE_URL }),
    resultStore,
    sourceDirectory: process.cwd(), // the only directory that files may come from
  });
  const worker = await Worker.create({ connection, taskQueue: TASK_QUEUE, plugins: [plugin] });
  const parsing = new ParseClient({ client: new Client({ connection }), taskQueue: TASK_QUEUE, resultStore });
  const batch: BatchInput = { documents: paths.map(toDocument), defaults: { polling: { engine: 'retry' } }, width: 20 };

  await worker.runUntil(async () => {
    await follow(await parsing.startBatch(batch, { idempotencyKey }));

    console.log('\nThe same key again gives the same batch. Nothing is parsed, or billed, twice:');
    await follow(await parsing.startBatch(batch, { idempotencyKey }));

    console.log('\nWith retryFailed what failed is parsed once more, and nothing else:');
    await follow(await parsing.startBatch({ ...batch, retryFailed: true }, { idempotencyKey }));
  });
  await connection.close();
}

/** A name of its own makes a document known again when the batch is started again, whatever its place in the list. */
function toDocument(path: string) {
  const isUrl = /^https?:/.test(path);
  const id = basename(isUrl ? new URL(path).pathname : path);
  return { id, file: isUrl ? { fileUrl: path } : { source: pathToFileURL(resolve(path)).href } };
}

/** Tells how far it is until it has ended, and then what failed and why. One that fails stops no other. */
async function follow(batch: BatchHandle): Promise<void> {
  const ended = batch.result();
  while ((await Promise.race([ended, sleep(EVERY_MS)])) === undefined) {
    const { done, failed, inFlight, total = '?' } = await batch.progress();
    console.error(`${done} of ${total} done, ${failed} failed, ${inFlight} in progress`);
  }
  const { total, processed, failed } = await ended;
  console.log(`${processed} of ${total} parsed, ${failed} failed`);
  for await (const outcome of batch.outcomes()) {
    if (outcome.status === 'processed') console.log(`  ${outcome.id}: ${outcome.result.pageCount ?? '?'} pages`);
    if (outcome.status === 'failed')
      console.log(`  ${outcome.id}: ${outcome.failure.type}, ${outcome.failure.message}`);
  }
}

const paths = process.argv.slice(2);
main(paths.length > 0 ? paths : ['cli/sample/12s0324.pdf', 'cli/sample/README.md', 'cli/sample/missing.pdf']).catch(
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
