import type { Chunk } from './extend';
import type { ParseResult } from './result';
import { defined } from '../json';

/** Facts about a chunk for an index. Flat, because many vector stores keep nothing but texts and numbers. */
export interface ChunkMetadata {
  /** Extend's run id. */
  readonly runId: string;
  /** Extend's id of the stored file, if it is known. */
  readonly fileId?: string;
  /** Position of the chunk in the document, from 0. */
  readonly chunk: number;
  /** `page`, `section` or `document`. */
  readonly chunkType?: string;
  /** First page of the chunk, from 1. */
  readonly firstPage?: number;
  /** Last page of the chunk, from 1. */
  readonly lastPage?: number;
}

/** A chunk as a document of LangChain: it has the members of `DocumentInterface`. */
export interface LangChainDocument {
  /** `<run id>/<position of the chunk>`: the same for each read of a result. */
  readonly id: string;
  readonly pageContent: string;
  readonly metadata: ChunkMetadata;
}

/** A chunk as the argument of LlamaIndex's `new TextNode(…)` and `new Document(…)`. */
export interface LlamaIndexNode {
  /** `<run id>/<position of the chunk>`: the same for each read of a result. */
  readonly id_: string;
  readonly text: string;
  readonly metadata: ChunkMetadata;
}

type ChunkSource = Pick<ParseResult, 'runId' | 'fileId' | 'output'>;

/**
 * Converts the chunks of a result to documents of LangChain. Chunks without text are left out.
 *
 * @param chunks the chunks of a stored result, as `readChunks` gives them. @default those of an inline result
 * @throws TypeError if the result is stored and no chunks are given
 */
export function toLangChainDocuments(result: ChunkSource, chunks?: Iterable<Chunk>): LangChainDocument[] {
  return describeChunks(result, chunks).map(({ id, text, metadata }) => ({ id, pageContent: text, metadata }));
}

/**
 * Converts the chunks of a result to nodes of LlamaIndex. Chunks without text are left out.
 *
 * @param chunks the chunks of a stored result, as `readChunks` gives them. @default those of an inline result
 * @throws TypeError if the result is stored and no chunks are given
 */
export function toLlamaIndexNodes(result: ChunkSource, chunks?: Iterable<Chunk>): LlamaIndexNode[] {
  return describeChunks(result, chunks).map(({ id, text, metadata }) => ({ id_: id, text, metadata }));
}

interface DescribedChunk {
  readonly id: string;
  readonly text: string;
  readonly metadata: ChunkMetadata;
}

function describeChunks(result: ChunkSource, chunks = chunksOf(result)): DescribedChunk[] {
  const { runId, fileId } = result;
  return [...chunks].flatMap(({ content, type, metadata }, chunk) => {
    if (content.trim() === '') return [];
    const { start: firstPage, end: lastPage } = metadata?.pageRange ?? {};
    const facts = defined({ fileId, chunkType: type, firstPage, lastPage });
    return [{ id: `${runId}/${chunk}`, text: content, metadata: { runId, chunk, ...facts } }];
  });
}

function chunksOf({ output }: ChunkSource): Iterable<Chunk> {
  if (output.kind === 'inline') return output.chunks;
  throw new TypeError('a stored result has no chunks in it: give those that readChunks of ParseClient reads');
}
