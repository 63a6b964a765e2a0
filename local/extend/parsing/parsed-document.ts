import { defined } from '../../../json';
import type { OcrText } from './ocr';

/** The location of a block on its page, in points from the top left corner. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** One block, before the run's configuration shapes it. */
export type ParsedBlock = TextBlock | TableBlock | FigureBlock;

/** A heading, a paragraph, a list or code. */
export interface TextBlock {
  readonly type: 'text' | 'heading' | 'section_heading';
  /** Markdown. */
  readonly content: string;
  readonly box?: Box;
}

/** A table; its first row is the header. */
export interface TableBlock {
  readonly type: 'table';
  /** Markdown of each cell, in one line. Of a merged cell, the top left cell has the content; the others are empty. */
  readonly rows: readonly (readonly string[])[];
  /** Locations of the cells, where they are known; absent for formats without layout. */
  readonly cellBoxes?: readonly (readonly (Box | undefined)[])[];
  readonly box?: Box;
}

/** A picture in a document. */
export interface FigureBlock {
  readonly type: 'figure';
  /** Text of the picture. Until it is read, the text that the document itself gives for the picture; else empty. */
  readonly content: string;
  /** Reads the text of the picture; absent if it has been read. With a `box`, the text is located on the page. */
  readonly read?: () => Promise<OcrText>;
  readonly box?: Box;
}

/** Returns the smallest box around two boxes. */
export function unionOf(a: Box, b: Box): Box {
  return {
    left: Math.min(a.left, b.left),
    top: Math.min(a.top, b.top),
    right: Math.max(a.right, b.right),
    bottom: Math.max(a.bottom, b.bottom),
  };
}

/** A word that was read by OCR, or that the file contains as text. */
export interface ParsedWord {
  readonly text: string;
  readonly box: Box;
  /** Certainty of the reading, from 0 to 1. It is 1 for text of the file. */
  readonly confidence: number;
}

/** One page, or the part of a document that counts as a page if the format has none. */
export interface ParsedPage {
  /** Width in points; absent for formats without layout. */
  readonly width?: number;
  /** Height in points; absent for formats without layout. */
  readonly height?: number;
  readonly blocks: readonly ParsedBlock[];
  /** The page as plain text that keeps the layout; absent for formats without layout. */
  readonly spatialText?: string;
  /** Words with their locations; absent for formats without layout, and if the configuration does not ask for them. */
  readonly words?: readonly ParsedWord[];
}

/** Creates a heading. The first level is the document's heading, the others are headings of sections. */
export function headingBlock(level: number, text: string, box?: Box): TextBlock {
  const content = `${'#'.repeat(Math.min(Math.max(level, 1), 6))} ${text}`;
  return defined({ type: level <= 1 ? 'heading' : 'section_heading', content, box });
}

/**
 * Returns the number of columns of a table, that of its longest row. It does not use `Math.max(...)`, because a table
 * may have more rows than a call may have arguments.
 */
export function columnCountOf(rows: readonly (readonly unknown[])[]): number {
  return rows.reduce((most, row) => Math.max(most, row.length), 0);
}
