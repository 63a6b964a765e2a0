import type { Block as AnyBlock, Chunk, ParseConfig } from '../../../contract/extend/parse-api';
import { defined, isPlainObject } from '../../../json';
import { blockId } from '../ids';
import { continueHeaders } from './continue-headers';
import { columnCountOf, type Box, type ParsedBlock, type ParsedPage, type TableBlock } from './parsed-document';
import { renderHtmlTable, renderMarkdownTable } from './render-table';

/** A block as the emulator sends it. */
type Block = AnyBlock & { readonly content: string };

/** A group of blocks that becomes a chunk. It has a page even if it has no block. */
interface Group {
  readonly page: number;
  readonly blocks: readonly Block[];
}

/** Text between two blocks of a chunk. */
const JOINT = '\n\n';
const NO_BOX = { left: null, right: null, top: null, bottom: null };

/**
 * Cuts pages into chunks as the configuration says, numbering the pages from 1.
 *
 * `minCharacters` joins a smaller chunk with the next ones. `maxCharacters` cuts between blocks only, so a single block
 * may be larger. An empty document is one empty chunk. The list is empty only if no page was selected.
 */
export function chunkPages(given: readonly ParsedPage[], config: ParseConfig): Chunk[] {
  if (given.length === 0) return [];
  const pages = tableOptions(config)?.['tableHeaderContinuationEnabled'] === true ? continueHeaders(given) : given;
  const type = config.chunkingStrategy?.type ?? 'page';
  const { minCharacters = 0, maxCharacters = Number.POSITIVE_INFINITY } = config.chunkingStrategy?.options ?? {};
  if (config.target === 'spatial') return pages.map((page, at) => spatialChunk(page, at + 1, config));
  const perPage = pages.map((page, at) => ({ page: at + 1, blocks: toBlocks(page, at + 1, config) }));
  const groups = joinSmall(group(perPage, type), minCharacters).flatMap((each) => cutLarge(each, maxCharacters));
  return groups.map(({ page, blocks }) => toChunk(type, page, blocks, content(blocks)));
}

function group(pages: readonly Group[], type: string): Group[] {
  const whole = { page: 1, blocks: pages.flatMap(({ blocks }) => blocks) };
  if (type === 'page') return [...pages];
  if (type === 'document') return [whole];
  const sections: Block[][] = [];
  for (const block of whole.blocks) {
    const startsSection = block.type === 'heading' || block.type === 'section_heading';
    if (startsSection || sections.length === 0) sections.push([block]);
    else sections.at(-1)?.push(block);
  }
  return sections.length === 0 ? [whole] : sections.map((blocks) => ({ page: 1, blocks }));
}

function joinSmall(groups: readonly Group[], minCharacters: number): Group[] {
  const joined: { page: number; blocks: Block[]; characters: number }[] = [];
  for (const { page, blocks } of groups) {
    const last = joined.at(-1);
    if (last !== undefined && last.characters < minCharacters) {
      last.characters += characters(blocks) + JOINT.length;
      for (const block of blocks) last.blocks.push(block);
    } else joined.push({ page, blocks: [...blocks], characters: characters(blocks) });
  }
  return joined;
}

function cutLarge({ page, blocks }: Group, maxCharacters: number): Group[] {
  if (characters(blocks) <= maxCharacters) return [{ page, blocks }];
  const parts: { page: number; blocks: Block[]; characters: number }[] = [];
  for (const block of blocks) {
    const last = parts.at(-1);
    const together = (last?.characters ?? 0) + JOINT.length + block.content.length;
    if (last !== undefined && together <= maxCharacters) {
      last.characters = together;
      last.blocks.push(block);
    } else parts.push({ page, blocks: [block], characters: block.content.length });
  }
  return parts;
}

/** Returns the length of {@link content} without creating it. */
function characters(blocks: readonly Block[]): number {
  const joints = Math.max(0, blocks.length - 1) * JOINT.length;
  return blocks.reduce((sum, block) => sum + block.content.length, joints);
}

function content(blocks: readonly Block[]): string {
  return blocks.map((block) => block.content).join(JOINT);
}

function spatialChunk(page: ParsedPage, number: number, config: ParseConfig): Chunk {
  const blocks = toBlocks(page, number, config);
  return toChunk('page', number, blocks, page.spatialText ?? content(blocks));
}

function toChunk(type: string, page: number, blocks: readonly Block[], text: string): Chunk {
  const start = blocks[0]?.metadata?.page?.number ?? page;
  const end = blocks.at(-1)?.metadata?.page?.number ?? page;
  return { object: 'chunk', type, content: text, metadata: { pageRange: { start, end } }, blocks };
}

function toBlocks(page: ParsedPage, number: number, config: ParseConfig): Block[] {
  const metadata = { page: defined({ number, width: page.width, height: page.height }) };
  return page.blocks.map((block) => {
    const text = block.type === 'table' ? renderTable(block.rows, config) : block.content;
    const made = toBlock({ type: block.type, text, details: details(block), box: block.box, metadata });
    const hasCells = block.type === 'table' && tableOptions(config)?.['cellBlocksEnabled'] === true;
    return hasCells ? { ...made, children: cellBlocks(block, made) } : made;
  });
}

/** Returns a block for each cell of a table, row by row. */
function cellBlocks({ rows, cellBoxes }: TableBlock, table: Block): Block[] {
  const { id: parentBlockId } = table;
  return rows.flatMap((row, rowIndex) =>
    row.map((text, columnIndex) => {
      const type = rowIndex === 0 ? 'table_head' : 'table_cell';
      const details = { type: 'table_cell_details', rowIndex, columnIndex };
      const box = cellBoxes?.[rowIndex]?.[columnIndex];
      return { ...toBlock({ type, text, details, box, metadata: table.metadata }), ...defined({ parentBlockId }) };
    }),
  );
}

interface BlockParts {
  readonly type: string;
  readonly text: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly box: Box | undefined;
  readonly metadata: Block['metadata'];
}

function toBlock({ type, text, details, box, metadata }: BlockParts): Block {
  return {
    object: 'block',
    id: blockId(type, text),
    type,
    content: text,
    details,
    ...defined({ metadata }),
    polygon: box === undefined ? [] : corners(box),
    boundingBox: box ?? NO_BOX,
  };
}

function renderTable(rows: readonly (readonly string[])[], config: ParseConfig): string {
  return tableOptions(config)?.['targetFormat'] === 'html' ? renderHtmlTable(rows) : renderMarkdownTable(rows);
}

function tableOptions({ blockOptions }: ParseConfig): Readonly<Record<string, unknown>> | undefined {
  const tables = blockOptions?.['tables'];
  return isPlainObject(tables) ? tables : undefined;
}

function details(block: ParsedBlock): Readonly<Record<string, unknown>> {
  if (block.type === 'figure') return { type: 'figure_details', figureType: 'image' };
  if (block.type !== 'table') return {};
  const columnCount = columnCountOf(block.rows);
  return { type: 'table_details', rowCount: block.rows.length, columnCount };
}

function corners({ left, top, right, bottom }: Box): readonly { readonly x: number; readonly y: number }[] {
  return [
    { x: left, y: top },
    { x: right, y: top },
    { x: right, y: bottom },
    { x: left, y: bottom },
  ];
}
