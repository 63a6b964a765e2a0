/**
 * Fills the index of example 03 twice, and breaks off once. It is a program of its own, because jest cannot load
 * PGlite.
 */
import { PGlite } from '@electric-sql/pglite';
import type { Chunk } from '../../contract/extend';
import { ChunkIndex } from '../../examples/03-rag-pipeline/chunk-index';

const chunks = (...contents: string[]) => contents.map((content) => ({ content }));

async function* breakingOff(): AsyncGenerator<Chunk> {
  yield* chunks('the gale');
  throw new Error('broken off');
}

async function main(): Promise<void> {
  const database = await PGlite.create();
  const index = await ChunkIndex.open(database);
  await index.replaceDocument('a', chunks('a storm', 'the calm'));
  await index.replaceDocument('b', chunks('storms of the north'));
  const replaced = await index.replaceDocument('a', chunks('a storm', 'a breeze'));
  const failure = await index.replaceDocument('a', breakingOff()).catch((error: Error) => error.message);
  const found = async (words: string) => (await index.search(words)).map(({ documentId }) => documentId).sort();
  const answers = { storm: await found('storm'), breeze: await found('breeze'), gale: await found('gale') };
  process.stdout.write(JSON.stringify({ replaced, failure, ...answers }));
  await database.close();
}

void main();
