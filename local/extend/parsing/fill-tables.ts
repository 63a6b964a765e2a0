import type { AnnotationRect, LayoutBlock, LayoutCell, TextItem } from '@llamaindex/liteparse-wasm';
import { missingTexts } from './missing-lines';
import { toTextLines } from './text-lines';

/**
 * Fills the empty cells of ruled tables with the text that lies in them, and removes the blocks that had this text. The
 * library finds the cells of such a table by its lines, but it may take the text of a column for a column of prose.
 */
export function fillTables(blocks: readonly LayoutBlock[], items: readonly TextItem[]): readonly LayoutBlock[] {
  return blocks.reduce<readonly LayoutBlock[]>((all, block) => {
    if (block.kind !== 'table' || !all.includes(block)) return all;
    const filled = fillTable(block, items);
    if (filled === block) return all;
    const text = [filled.header ?? [], ...(filled.rows ?? [])].flat().map((cell) => cell.text);
    const isInside = (other: LayoutBlock) => other !== block && isWithin(other.bbox, block.bbox);
    const isCovered = (other: LayoutBlock) =>
      isInside(other) && missingTexts([textOf(other)], text.join('\n')).length === 0;
    return all.flatMap((other) => (other === block ? [filled] : isCovered(other) ? [] : [other]));
  }, blocks);
}

/** Returns the table with its empty cells filled, or the same table if no text lies in any of them. */
function fillTable(table: LayoutBlock, items: readonly TextItem[]): LayoutBlock {
  const inside = items.filter((item) => isWithin(item, table.bbox));
  let count = 0;
  const fill = (cell: LayoutCell): LayoutCell => {
    if (cell.text.trim() !== '' || cell.bbox === undefined) return cell;
    const text = toTextLines(inside.filter((item) => isWithin(item, cell.bbox)))
      .map((line) => line.text)
      .join(' ');
    if (text !== '') count += 1;
    return { ...cell, text };
  };
  const { header, rows } = table;
  const filled = {
    ...table,
    ...(header && { header: header.map(fill) }),
    ...(rows && { rows: rows.map((row) => row.map(fill)) }),
  };
  return count === 0 ? table : filled;
}

function textOf({ text, lines = [], header = [], rows = [] }: LayoutBlock): string {
  const cells = [header, ...rows].flat().map((cell) => cell.text);
  return [text ?? '', ...lines, ...cells].join('\n');
}

/** Tells if the middle of a rectangle is within another one. */
function isWithin(inner: AnnotationRect | undefined, outer: AnnotationRect | undefined): boolean {
  if (inner === undefined || outer === undefined) return false;
  const x = inner.x + inner.width / 2;
  const y = inner.y + inner.height / 2;
  return x >= outer.x && x <= outer.x + outer.width && y >= outer.y && y <= outer.y + outer.height;
}
