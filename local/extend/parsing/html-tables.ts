import { columnCountOf } from './parsed-document';

/**
 * Largest number of cells that one merged cell may cover per direction. A larger number means a broken or hostile
 * table.
 */
const MAX_SPAN = 1000;

/**
 * Returns the cells of an HTML table as a rectangle. Of a merged cell, the top left cell has the content; the other
 * cells that it covers are empty. `cellContent` converts tables inside of cells.
 */
export function tableRows(table: Element, cellContent: (cell: Element) => string): string[][] {
  const trs = rowsOf(table);
  const grid: (string | undefined)[][] = trs.map(() => []);
  trs.forEach((tr, top) => {
    const row = grid[top] ?? [];
    let left = 0;
    for (const cell of childElements(tr)) {
      if (cell.nodeName !== 'TD' && cell.nodeName !== 'TH') continue;
      while (row[left] !== undefined) left += 1;
      const right = left + span(cell, 'colspan');
      for (const covered of grid.slice(top, top + span(cell, 'rowspan'))) {
        for (let column = left; column < right; column += 1) covered[column] = '';
      }
      row[left] = cellContent(cell);
      left = right;
    }
  });
  const width = columnCountOf(grid);
  return grid.map((row) => Array.from({ length: width }, (_, column) => row[column] ?? ''));
}

function rowsOf(table: Element): Element[] {
  return childElements(table).flatMap((child) => {
    if (child.nodeName === 'TR') return [child];
    return /^T(HEAD|BODY|FOOT)$/.test(child.nodeName) ? rowsOf(child) : [];
  });
}

function span(cell: Element, attribute: 'colspan' | 'rowspan'): number {
  const value = Number(cell.getAttribute(attribute) ?? 1);
  return Number.isInteger(value) && value >= 1 ? Math.min(value, MAX_SPAN) : 1;
}

function childElements(node: Element): Element[] {
  return Array.from(node.childNodes).filter((child) => child.nodeType === 1) as Element[];
}
