import type { ParseResult } from 'temporal-extend-parse/client';
import { readStoredChunks, type ResultStore } from 'temporal-extend-parse/storage';
import type { ChunkIndex } from './chunk-index';

export interface IndexActivities {
  indexChunks(parsed: { documentId: string; output: ParseResult['output'] }): Promise<number>;
}

/** Activities get what they need handed in, so a test can hand in something else. */
export function createIndexActivities(index: ChunkIndex, store: ResultStore): IndexActivities {
  return {
    indexChunks: async ({ documentId, output }) => {
      const chunks = output.kind === 'inline' ? output.chunks : readStoredChunks(output, { store });
      return index.replaceDocument(documentId, chunks);
    },
  };
}
