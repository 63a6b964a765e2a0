import type { PGlite } from '@electric-sql/pglite';
import type { Chunk } from 'temporal-extend-parse/client';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS chunks (
    document_id text NOT NULL,
    position    integer NOT NULL,
    content     text NOT NULL,
    words       tsvector GENERATED ALWAYS AS (to_tsvector('english', content)) STORED,
    PRIMARY KEY (document_id, position)
  );
  CREATE INDEX IF NOT EXISTS chunks_words ON chunks USING gin (words);`;

export interface Found {
  readonly documentId: string;
  readonly content: string;
}

/** Chunks in Postgres, found by their words. Add a column for embeddings, and this is where vectors go. */
export class ChunkIndex {
  readonly #database: PGlite;

  private constructor(database: PGlite) {
    this.#database = database;
  }

  static async open(database: PGlite): Promise<ChunkIndex> {
    await database.exec(SCHEMA);
    return new ChunkIndex(database);
  }

  /** All chunks of a document, or none: Temporal may run the activity that calls this more than once. */
  async replaceDocument(documentId: string, chunks: Iterable<Chunk> | AsyncIterable<Chunk>): Promise<number> {
    return this.#database.transaction(async (transaction) => {
      await transaction.query('DELETE FROM chunks WHERE document_id = $1', [documentId]);
      let position = 0;
      for await (const { content } of chunks) {
        const row = [documentId, position++, content];
        await transaction.query('INSERT INTO chunks (document_id, position, content) VALUES ($1, $2, $3)', row);
      }
      return position;
    });
  }

  /** The chunks that hold all the words, in any of their forms, best first. */
  async search(words: string, limit = 3): Promise<readonly Found[]> {
    const { rows } = await this.#database.query<Found>(
      `SELECT document_id AS "documentId", content FROM chunks, websearch_to_tsquery('english', $1) AS query
       WHERE words @@ query ORDER BY ts_rank(words, query) DESC, document_id, position LIMIT $2`,
      [words, limit],
    );
    return rows;
  }
}
