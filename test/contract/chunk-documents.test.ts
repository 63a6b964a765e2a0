import { describe, expect, it } from '@jest/globals';
import { toLangChainDocuments, toLlamaIndexNodes } from '../../contract';
import type { Chunk } from '../../contract/extend';

const chunks: Chunk[] = [
  { type: 'section', content: '# One', metadata: { pageRange: { start: 1, end: 2 } } },
  { type: 'section', content: ' \n' },
  { content: 'Three' },
];
const inline = { runId: 'pr_1', fileId: 'file_1', output: { kind: 'inline', chunks } } as const;
const stored = {
  runId: 'pr_2',
  output: { kind: 'stored', uri: 'file:///a', bytes: 1, sha256: '', chunkCount: 3 },
} as const;

describe('The chunks of a result', () => {
  it('become documents of LangChain with flat metadata, without the empty ones', () => {
    expect(toLangChainDocuments(inline)).toEqual([
      {
        id: 'pr_1/0',
        pageContent: '# One',
        metadata: { runId: 'pr_1', fileId: 'file_1', chunk: 0, chunkType: 'section', firstPage: 1, lastPage: 2 },
      },
      { id: 'pr_1/2', pageContent: 'Three', metadata: { runId: 'pr_1', fileId: 'file_1', chunk: 2 } },
    ]);
  });

  it('become nodes of LlamaIndex', () => {
    const [first] = toLlamaIndexNodes(inline);
    expect(first).toEqual({ id_: 'pr_1/0', text: '# One', metadata: toLangChainDocuments(inline)[0]?.metadata });
  });

  it('of a stored result are those that the caller has read', () => {
    expect(toLangChainDocuments(stored, chunks.values()).map(({ id }) => id)).toEqual(['pr_2/0', 'pr_2/2']);
    expect(() => toLlamaIndexNodes(stored)).toThrow(/a stored result has no chunks in it/);
  });
});
