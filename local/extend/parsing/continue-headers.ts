import type { ParsedBlock, ParsedPage, TableBlock } from './parsed-document';

/**
 * Copies the header of a table to the first table of the next page, if this table has as many columns and another first
 * row. The API does so with `tableHeaderContinuationEnabled`.
 */
export function continueHeaders(pages: readonly ParsedPage[]): ParsedPage[] {
  let header: readonly string[] | undefined;
  return pages.map((page) => {
    const first = page.blocks.find(isTable);
    const continued = first === undefined || header === undefined ? first : withHeader(first, header);
    const blocks = page.blocks.map((block) => (block === first && continued !== undefined ? continued : block));
    const last = blocks.findLast(isTable);
    header = last?.rows[0];
    return { ...page, blocks };
  });
}

function isTable(block: ParsedBlock): block is TableBlock {
  return block.type === 'table';
}

function withHeader(table: TableBlock, header: readonly string[]): TableBlock {
  const [first = []] = table.rows;
  const isSame = first.length === header.length && first.every((cell, column) => cell === header[column]);
  if (first.length !== header.length || isSame) return table;
  const boxes = table.cellBoxes === undefined ? {} : { cellBoxes: [[], ...table.cellBoxes] };
  return { ...table, ...boxes, rows: [header, ...table.rows] };
}
