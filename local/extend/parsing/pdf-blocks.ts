import type { LayoutBlock, LayoutCell } from '@llamaindex/liteparse-wasm';
import { defined } from '../../../json';
import { isWithin, wordsOf } from './missing-lines';
import { unionOf, type Box, type FigureBlock, type TableBlock } from './parsed-document';
import type { TextLine } from './text-lines';

/** A block of a PDF page, before the document decides the levels of its headings. */
export type PdfBlock = PdfHeading | PdfText | TableBlock | FigureBlock;

/** A heading of a PDF. */
export interface PdfHeading {
  readonly type: 'heading';
  readonly text: string;
  /** Level that the library gives; absent if it does not take the text for a heading. */
  readonly level?: number;
  /** Size of its font, in points; 0 if it is not known. */
  readonly fontSize: number;
  readonly box?: Box;
}

/** A paragraph, a list item or code. */
export interface PdfText {
  readonly type: 'text';
  /** The words, without marks of markdown. */
  readonly text: string;
  /** Markdown. */
  readonly content: string;
  readonly box?: Box;
}

/** The size of a page, in points. */
export interface PageSize {
  readonly width: number;
  readonly height: number;
}

/** The number of a section, as in "3.6.2. Specific options". */
const NUMBERED = /^\d+(?:\.\d+)+\.?\s/;
/** Least width and height of a picture, in points. Smaller ones are ornaments. */
const LEAST_PICTURE = 20;
/** Largest number of lines of one heading. */
const MAX_HEADING_LINES = 10;
/** Rows of dots between a label and its numbers. The library takes them for text. */
const LEADERS = /^[\s.·_-]+$/;
/** A line as programs have it, and prose does not. */
const CODE_LINE = /[{};\\]\s*$|^\s*(?:[#$%>]\s|\/\/|\/\*|[</]\w)|\w\(.*\)|[=!<>]=|=>|\w\s=\s\w|--\w/;
/** Least share of the lines of code that look like code. */
const CODE_SHARE = 1 / 3;

/** Converts a block of the library. The lines are those of the page. */
export function toPdfBlocks(block: LayoutBlock, page: PageSize, lines: readonly TextLine[]): PdfBlock[] {
  const box = toBox(block.bbox, page);
  if (block.kind === 'table') {
    const cells = tableCells(block);
    const rows = cells.map((row) => row.map(cellText));
    const cellBoxes = cells.map((row) => row.map((cell) => toBox(cell.bbox, page)));
    return rows.length === 0 ? [] : [defined({ type: 'table', rows, cellBoxes, box })];
  }
  if (block.kind === 'figure') return isPicture(box, lines) ? [{ type: 'figure', content: '', box }] : [];
  const text = block.lines?.join('\n') ?? block.text?.trim() ?? '';
  if (text === '' || LEADERS.test(text)) return [];
  if (block.kind === 'heading') return toHeadings(text, block.level ?? 1, box, lines);
  return [defined({ type: 'text', text, content: toMarkdown(block, text), box })];
}

/** Tells if a figure is a picture of its own: neither an ornament nor the background of text. */
function isPicture(box: Box | undefined, lines: readonly TextLine[]): box is Box {
  if (box === undefined) return false;
  const isLarge = Math.min(box.right - box.left, box.bottom - box.top) >= LEAST_PICTURE;
  return isLarge && !lines.some((line) => isWithin(line.box, box));
}

/**
 * Creates the headings of one block. The library joins headings that follow one another; fonts of different sizes and
 * numbers of sections tell them apart.
 */
function toHeadings(text: string, level: number, box: Box | undefined, lines: readonly TextLine[]): PdfHeading[] {
  const own = linesOf(text, box, lines);
  const parts: TextLine[][] = [];
  for (const line of own) {
    const last = parts.at(-1)?.at(-1);
    const continues = last !== undefined && Math.abs(last.fontSize - line.fontSize) < 1 && !NUMBERED.test(line.text);
    if (continues) parts.at(-1)?.push(line);
    else parts.push([line]);
  }
  const [fontSize = 0] = own.map((line) => line.fontSize);
  if (parts.length < 2) return [defined({ type: 'heading', text, level, fontSize, box })];
  return parts.map((part) => ({
    type: 'heading',
    text: part.map((line) => line.text).join(' '),
    level,
    fontSize: part[0]?.fontSize ?? 0,
    box: part.map((line) => line.box).reduce(unionOf),
  }));
}

/**
 * Returns the lines of a heading, from the first one in its box until they have all its words. The box of a heading of
 * several lines may contain the first one only. Returns the first one only if other words are between them.
 */
function linesOf(text: string, box: Box | undefined, lines: readonly TextLine[]): readonly TextLine[] {
  const first = box === undefined ? -1 : lines.findIndex((line) => isWithin(line.box, box));
  if (first < 0 || box === undefined) return [];
  const wanted = wordsOf(text).join(' ');
  for (let count = 1; count <= MAX_HEADING_LINES; count += 1) {
    const own = lines.slice(first, first + count);
    const words = wordsOf(own.map((line) => line.text).join(' ')).join(' ');
    if (words === wanted) return own;
    if (!wanted.startsWith(words)) break;
  }
  return lines.slice(first, first + 1);
}

function tableCells({ header, rows = [] }: LayoutBlock): readonly LayoutCell[][] {
  return header === undefined ? rows : [header, ...rows];
}

function cellText({ text }: LayoutCell): string {
  return text
    .replaceAll(/(?:\s*\.){3,}/g, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

function toMarkdown({ kind, level = 0, ordered, marker, bold }: LayoutBlock, text: string): string {
  if (kind === 'code') return isCode(text) ? `\`\`\`\n${text}\n\`\`\`` : withoutIndent(text);
  if (kind !== 'list_item') return bold && kind === 'paragraph' ? `**${text}**` : text;
  return `${'  '.repeat(level)}${ordered === true ? (marker ?? '1.') : '-'} ${text}`;
}

/** Tells if text is code. The library takes all text in a typewriter font for code, that of a printed receipt too. */
function isCode(text: string): boolean {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.filter((line) => CODE_LINE.test(line)).length >= CODE_SHARE * lines.length;
}

/** Removes blanks that markdown would take for code. */
function withoutIndent(text: string): string {
  return text.replaceAll(/^[ \t]+/gm, '');
}

/**
 * Converts a box of the library. Such a box can reach past the page by the width of a stroke, so it is cut at the page.
 */
export function toBox(rect: LayoutBlock['bbox'], page: PageSize): Box | undefined {
  if (rect === undefined) return undefined;
  const within = (value: number, most: number): number => Math.round(Math.min(Math.max(value, 0), most) * 100) / 100;
  return {
    left: within(rect.x, page.width),
    top: within(rect.y, page.height),
    right: within(rect.x + rect.width, page.width),
    bottom: within(rect.y + rect.height, page.height),
  };
}
