import type { TextItem } from '@llamaindex/liteparse-wasm';
import type { Box } from './parsed-document';

/** A piece of text in one line of a page. A wide gap, as between two columns, separates two pieces. */
export interface TextLine {
  readonly text: string;
  readonly box: Box;
  /** Size of the largest font in the line, in points; 0 if the library does not know it. */
  readonly fontSize: number;
}

/** Gap from which on two items of a line are two pieces, in heights of the line. */
const WIDE_GAP = 1.5;
/** Gap from which on there is a blank between two items, in heights of the line. */
const BLANK_GAP = 0.15;

/** Joins the text items of a page to lines, from top to bottom and from left to right. */
export function toTextLines(items: readonly TextItem[]): TextLine[] {
  const filled = items.filter(({ text }) => text.trim() !== '').sort((a, b) => middle(a) - middle(b));
  const rows: TextItem[][] = [];
  for (const item of filled) {
    const first = rows.at(-1)?.[0];
    const isSameRow =
      first !== undefined && middle(item) < first.y + first.height && isUpright(first) && isUpright(item);
    if (isSameRow) rows.at(-1)?.push(item);
    else rows.push([item]);
  }
  return rows.flatMap((row) => splitRow(row.sort((a, b) => a.x - b.x)));
}

function middle({ y, height }: TextItem): number {
  return y + height / 2;
}

/** Tells if text runs from left to right. Other text keeps its items apart, because they lie in no row. */
function isUpright({ rotation }: TextItem): boolean {
  return Math.abs(rotation) < 1 || Math.abs(rotation) > 359;
}

function splitRow(row: readonly TextItem[]): TextLine[] {
  const pieces: TextItem[][] = [];
  for (const item of row) {
    const last = pieces.at(-1)?.at(-1);
    if (last !== undefined && item.x - (last.x + last.width) < WIDE_GAP * Math.max(last.height, item.height)) {
      pieces.at(-1)?.push(item);
    } else pieces.push([item]);
  }
  return pieces.map(toLine);
}

function toLine(items: readonly TextItem[]): TextLine {
  let text = '';
  let fontSize = 0;
  const box = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
  for (const item of items) {
    const isApart = text !== '' && item.x - box.right > BLANK_GAP * item.height;
    text += (isApart ? ' ' : '') + item.text;
    fontSize = Math.max(fontSize, item.fontSize ?? 0);
    box.left = Math.min(box.left, item.x);
    box.top = Math.min(box.top, item.y);
    box.right = Math.max(box.right, item.x + item.width);
    box.bottom = Math.max(box.bottom, item.y + item.height);
  }
  return { text: text.replaceAll(/\s+/g, ' ').trim(), box, fontSize };
}
