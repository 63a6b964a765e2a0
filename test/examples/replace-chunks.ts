/**
 * Puts documents into the index of example 03 twice, and breaks off once. Its argument is the directory of the database;
 * a new database costs four seconds of a core. It is a program of its own, because jest cannot load PGlite.
 */
import { PGlite } from '@electric-sql/pglite';
import type { Chunk } from '../../contract/extend';
import { ChunkIndex } from '../../examples/03-rag-pipeline/chunk-index';

const chunks = (...contents: string[]) => contents.map((content) => ({ content }));

async function* breakingOff(): AsyncGenerator<Chunk> {
  yield* chunks('the blizzard');
  throw new Error('broken off');
}

async function main(directory: string): Promise<void> {
  const database = await PGlite.create(directory);
  const index = await ChunkIndex.open(database);
  await index.replaceDocument('a', chunks('a squall', 'the calm'));
  await index.replaceDocument('b', chunks('squalls of the north'));
  const replaced = await index.replaceDocument('a', chunks('a squall', 'a breeze'));
  const failure = await index.replaceDocument('a', breakingOff()).catch((error: Error) => error.message);
  const found = async (words: string) => (await index.search(words)).map(({ documentId }) => documentId).sort();
  const answers = { squall: await found('squall'), breeze: await found('breeze'), blizzard: await found('blizzard') };
  process.stdout.write(JSON.stringify({ replaced, failure, ...answers }));
  await database.close();
}

void main(process.argv[2] ?? '');
