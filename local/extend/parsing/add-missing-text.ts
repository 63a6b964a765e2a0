import { isWithin, missingLines, missingTexts } from './missing-lines';
import { unionOf, type Box } from './parsed-document';
import type { PdfBlock } from './pdf-blocks';
import type { TextLine } from './text-lines';

/** Gap between two lines from which on they are two paragraphs, in heights of a line. */
const PARAGRAPH_GAP = 1;
/** Size of a heading's font, in sizes of the page's usual font. */
const HEADING_SIZE = 1.2;
/** Longest text that is a heading because of its font, in characters. */
const MAX_HEADING_LENGTH = 100;

/**
 * Adds the text of a page that its blocks lack: running headers and footers, cells of complex tables, sideways text. Each
 * missing paragraph is a block of its own. It is put behind the table that it lies in, else before the first block below.
 */
export function addMissingText(blocks: readonly PdfBlock[], lines: readonly TextLine[]): readonly PdfBlock[] {
  const compared = blocks.map((block) => ({ text: textOf(block), ...(block.box !== undefined && { box: block.box }) }));
  const missing = new Set(missingLines(lines, compared));
  if (missing.size === 0) return blocks;
  const added = [...blocks];
  const usualSize = usualFontSize(lines);
  for (const paragraph of toParagraphs(lines, missing)) {
    const block = toBlock(paragraph, usualSize);
    added.splice(positionOf(block.box, added), 0, block);
  }
  return added;
}

/**
 * Adds the lines of a page's plain text that its blocks lack: numbers of pages, which the library has in the plain text
 * only. Lines before all others are put at the beginning, and the rest at the end.
 */
export function addMissingPlainText(blocks: readonly PdfBlock[], plainText: string): readonly PdfBlock[] {
  const lines = plainText.split('\n').flatMap((line) => line.split(/\s{2,}/).filter((piece) => piece !== ''));
  const missing = new Set(missingTexts(lines, blocks.map(textOf).join('\n')));
  if (missing.size === 0) return blocks;
  const first = lines.findIndex((line) => !missing.has(line));
  const before = lines.slice(0, Math.max(0, first)).filter((line) => missing.has(line));
  const behind = lines.slice(Math.max(0, first)).filter((line) => missing.has(line));
  const toBlocks = (texts: readonly string[]): PdfBlock[] =>
    texts.length === 0 ? [] : [{ type: 'text', text: texts.join('\n'), content: texts.join('\n') }];
  return [...toBlocks(before), ...blocks, ...toBlocks(behind)];
}

/** Returns the text of a block with the numbers of lists. */
function textOf(block: PdfBlock): string {
  if (block.type === 'table') return block.rows.flat().join('\n');
  return block.type === 'heading' ? block.text : block.content;
}

/** Joins missing lines that follow one another closely. A line that is not missing separates them. */
function toParagraphs(lines: readonly TextLine[], missing: ReadonlySet<TextLine>): TextLine[][] {
  const paragraphs: TextLine[][] = [];
  let previous: TextLine | undefined;
  for (const line of lines) {
    const isNext = previous !== undefined && missing.has(line) && isClose(previous, line);
    if (isNext) paragraphs.at(-1)?.push(line);
    else if (missing.has(line)) paragraphs.push([line]);
    previous = missing.has(line) ? line : undefined;
  }
  return paragraphs;
}

function isClose(above: TextLine, below: TextLine): boolean {
  const height = Math.min(above.box.bottom - above.box.top, below.box.bottom - below.box.top);
  const isSameFont = Math.abs(above.fontSize - below.fontSize) < 1;
  return isSameFont && below.box.top - above.box.bottom < PARAGRAPH_GAP * height;
}

type AddedBlock = PdfBlock & { readonly box: Box };

function toBlock(paragraph: readonly TextLine[], usualSize: number): AddedBlock {
  const box = paragraph.map((line) => line.box).reduce(unionOf);
  const text = joinLines(paragraph);
  const fontSize = Math.max(...paragraph.map((line) => line.fontSize));
  const isHeading = usualSize > 0 && fontSize >= HEADING_SIZE * usualSize && text.length <= MAX_HEADING_LENGTH;
  return isHeading ? { type: 'heading', text, fontSize, box } : { type: 'text', text, content: text, box };
}

/** Joins lines, those of one row by a blank. */
function joinLines(lines: readonly TextLine[]): string {
  return lines.reduce((text, line, at) => {
    const above = lines[at - 1];
    if (above === undefined) return line.text;
    return `${text}${line.box.top < above.box.bottom - 1 ? ' ' : '\n'}${line.text}`;
  }, '');
}

/** Returns the position at which a block with that box is put. */
function positionOf(box: Box, blocks: readonly PdfBlock[]): number {
  const around = blocks.findIndex(
    (block) => block.type === 'table' && block.box !== undefined && isWithin(box, block.box),
  );
  if (around >= 0) return around + 1;
  const isBelow = (block: PdfBlock) => block.box !== undefined && block.box.top >= box.top;
  const overlaps = (block: PdfBlock) =>
    block.box !== undefined && block.box.left < box.right && block.box.right > box.left;
  const inColumn = blocks.findIndex((block) => isBelow(block) && overlaps(block));
  const below = inColumn >= 0 ? inColumn : blocks.findIndex(isBelow);
  return below >= 0 ? below : blocks.length;
}

/** Returns the size of the font in which most of the characters of a page are written; 0 if it is not known. */
function usualFontSize(lines: readonly TextLine[]): number {
  const characters = new Map<number, number>();
  for (const { text, fontSize } of lines) {
    const size = Math.round(fontSize * 2) / 2;
    characters.set(size, (characters.get(size) ?? 0) + text.length);
  }
  const [most] = [...characters].sort(([, a], [, b]) => b - a);
  return most?.[0] ?? 0;
}
