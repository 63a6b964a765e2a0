import type { Block, Chunk } from '../../contract/extend/parse-api';
import { blockId } from './ids';
import type { RunOutput } from './run-progress';
import type { NamedScript } from './find-script';

/** Size of the made-up pages, in points. */
const PAGE = { width: 612, height: 792 };
const FILLER = 'The quick brown fox jumps over the lazy dog. ';

/** Creates the output of a scripted document: its own chunks, or made-up pages that contain the submitted URL. */
export function scriptedOutput({ document, fileUrl }: NamedScript): RunOutput {
  const { chunks } = document;
  const pageCount = document.pageCount ?? chunks?.length ?? 1;
  const bytesPerPage = Math.ceil((document.resultBytes ?? 0) / pageCount);
  const madeUp = (): Chunk[] => Array.from({ length: pageCount }, (_, at) => madeUpPage(fileUrl, at + 1, bytesPerPage));
  return { chunks: () => chunks ?? madeUp(), pageCount, processingTimeMs: 1200 };
}

function madeUpPage(fileUrl: string, page: number, bytes: number): Chunk {
  const blocks = [
    madeUpBlock('heading', page === 1 ? '# Statement' : `# Page ${page}`, page, {}),
    madeUpBlock('text', `Scripted document ${fileUrl}, page ${page}.`, page, {}),
    madeUpBlock('table', '| Date | Amount |\n| --- | --- |\n| 2025-11-01 | 42.00 |', page, {
      type: 'table_details',
      rowCount: 2,
      columnCount: 2,
    }),
    // The chunk's content and its blocks both carry the filler, so half of the bytes is enough.
    ...(bytes > 0 ? [madeUpBlock('text', FILLER.repeat(Math.ceil(bytes / 2 / FILLER.length)).trim(), page, {})] : []),
  ];
  const content = blocks.map((block) => block.content).join('\n\n');
  return { object: 'chunk', type: 'page', content, metadata: { pageRange: { start: page, end: page } }, blocks };
}

function madeUpBlock(type: string, content: string, page: number, details: Readonly<Record<string, unknown>>): Block {
  const box = { left: 56, right: 556, top: 56, bottom: 120 };
  return {
    object: 'block',
    id: blockId(type, content),
    type,
    content,
    details,
    metadata: { page: { number: page, ...PAGE } },
    polygon: [
      { x: box.left, y: box.top },
      { x: box.right, y: box.top },
      { x: box.right, y: box.bottom },
      { x: box.left, y: box.bottom },
    ],
    boundingBox: box,
  };
}
