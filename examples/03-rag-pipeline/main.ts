/**
 * The first half of retrieval-augmented generation. Your own workflow parses documents and stores their chunks in an
 * embedded Postgres. A question then finds the chunks that a model would get.
 *
 *     npm run example 03 -- 'pay the invoice' report.pdf https://example.com/more.pdf
 */
import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { PGlite } from '@electric-sql/pglite';
import { Client } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { createFileStore } from 'temporal-extend-parse/storage';
import { ExtendParsePlugin } from 'temporal-extend-parse/worker';
import { createIndexActivities } from './activities';
import { ChunkIndex } from './chunk-index';
import type { ingestDocument } from './workflows';

const { TEMPORAL_ADDRESS = 'localhost:7233', EXTEND_API_KEY = '', EXTEND_BASE_URL } = process.env;
const DATA = process.env.RAG_DATA ?? '.cache/rag-data';
const TASK_QUEUE = 'example-03';

async function main(question: string, documents: readonly string[]): Promise<void> {
  Runtime.install({ logger: new DefaultLogger('WARN') }); // at INFO, log lines would hide the result
  await mkdir(DATA, { recursive: true });
  const database = await PGlite.create(join(DATA, 'postgres'));
  const index = await ChunkIndex.open(database);
  const resultStore = createFileStore({ directory: join(DATA, 'results') });
  const connection = await NativeConnection.connect({ address: TEMPORAL_ADDRESS });
  const worker = await Worker.create({
    connection,
    taskQueue: TASK_QUEUE,
    workflowsPath: require.resolve('./workflows'),
    activities: createIndexActivities(index, resultStore),
    plugins: [
      new ExtendParsePlugin({
        apiKey: EXTEND_API_KEY,
        ...(EXTEND_BASE_URL && { baseUrl: EXTEND_BASE_URL }),
        resultStore,
        sourceDirectory: process.cwd(), // files may come from this directory only
      }),
    ],
  });
  await worker.runUntil(() => ingestAll(new Client({ connection }), documents));
  for (const { documentId, content } of await index.search(question)) console.log(`${documentId}: ${content}\n`);
  await connection.close();
  await database.close();
}

/**
 * Parses all documents at the same time. If a workflow for a document is already running, it waits for that workflow.
 */
async function ingestAll(client: Client, documents: readonly string[]): Promise<void> {
  const ingest = async (document: string) => {
    const isUrl = /^https?:/.test(document);
    const documentId = basename(isUrl ? new URL(document).pathname : document);
    const file = isUrl ? { fileUrl: document } : { source: pathToFileURL(document).href };
    const chunkCount = await client.workflow.execute<typeof ingestDocument>('ingestDocument', {
      taskQueue: TASK_QUEUE,
      workflowId: `ingest-${documentId}`,
      workflowIdConflictPolicy: 'USE_EXISTING',
      args: [{ documentId, file }],
    });
    console.error(`${documentId}: ${chunkCount} chunks`);
  };
  await Promise.all(documents.map(ingest));
}

const [question = 'pay the invoice', ...documents] = process.argv.slice(2);
main(question, documents.length > 0 ? documents : ['cli/sample/invoice.pdf']).catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
