import type { ParseResult } from 'temporal-extend-parse/client';
import { readStoredChunks, type ResultStore } from 'temporal-extend-parse/storage';
import type { ChunkIndex } from './chunk-index';

/** The activities of this example. */
export interface IndexActivities {
  /** Puts the chunks of a document into the index, and returns their number. */
  indexChunks(parsed: { documentId: string; output: ParseResult['output'] }): Promise<number>;
}

/** Creates the activities. Index and store are parameters, so that a test can pass others. */
export function createIndexActivities(index: ChunkIndex, store: ResultStore): IndexActivities {
  return {
    indexChunks: async ({ documentId, output }) => {
      const chunks = output.kind === 'inline' ? output.chunks : readStoredChunks(output, { store });
      return index.replaceDocument(documentId, chunks);
    },
  };
}
