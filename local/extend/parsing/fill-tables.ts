import type { AnnotationRect, LayoutBlock, LayoutCell, TextItem } from '@llamaindex/liteparse-wasm';
import { missingTexts } from './missing-lines';
import { toTextLines } from './text-lines';

/**
 * Fills the empty cells of ruled tables with the text that lies in them, and removes the blocks that had this text. The
 * library finds the cells of such a table by its lines, but it may take the text of a column for a column of prose.
 *
 * A table stays as it is if a block in it has other text too: then its lines are a frame and not those of a table.
 */
export function fillTables(blocks: readonly LayoutBlock[], items: readonly TextItem[]): readonly LayoutBlock[] {
  return blocks.reduce<readonly LayoutBlock[]>((all, block) => {
    const filled = all.includes(block) && isGrid(block) ? fillTable(block, items) : block;
    if (filled === block) return all;
    const text = textOf(filled);
    const inside = all.filter((other) => other !== block && isWithin(other.bbox, block.bbox));
    if (inside.some((other) => missingTexts([textOf(other)], text).length > 0)) return all;
    return all.flatMap((other) => (other === block ? [filled] : inside.includes(other) ? [] : [other]));
  }, blocks);
}

function isGrid({ kind, rows = [] }: LayoutBlock): boolean {
  return kind === 'table' && rows.some((row) => row.length > 1);
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
