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

/** A chunk that a search has found. */
export interface Found {
  readonly documentId: string;
  readonly content: string;
}

/** An index of chunks in Postgres, with full-text search. For vector search, add a column for embeddings here. */
export class ChunkIndex {
  readonly #database: PGlite;

  private constructor(database: PGlite) {
    this.#database = database;
  }

  /** Opens the index, and creates its table if there is none. */
  static async open(database: PGlite): Promise<ChunkIndex> {
    await database.exec(SCHEMA);
    return new ChunkIndex(database);
  }

  /**
   * Replaces all chunks of a document, or none if it fails. Temporal may run the activity that calls this more than
   * once, so it must be repeatable. Returns the number of chunks.
   */
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

  /** Finds the chunks that contain all the words, in any of their forms. The best match comes first. */
  async search(words: string, limit = 3): Promise<readonly Found[]> {
    const { rows } = await this.#database.query<Found>(
      `SELECT document_id AS "documentId", content FROM chunks, websearch_to_tsquery('english', $1) AS query
       WHERE words @@ query ORDER BY ts_rank(words, query) DESC, document_id, position LIMIT $2`,
      [words, limit],
    );
    return rows;
  }
}
