/** Where a block lies on its page, in points from the top left corner. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** One block, before the run's configuration shapes it. */
export type ParsedBlock = TextBlock | TableBlock;

/** A heading, a paragraph, a list, code. */
export interface TextBlock {
  readonly type: 'text' | 'heading' | 'section_heading';
  /** Markdown. */
  readonly content: string;
  readonly box?: Box;
}

/** A table; its first row is the header. */
export interface TableBlock {
  readonly type: 'table';
  /** Markdown of each cell, in one line. A merged cell has its content at its top left, the rest is empty. */
  readonly rows: readonly (readonly string[])[];
  readonly box?: Box;
}

/** One page, or what stands for one where the format has none. */
export interface ParsedPage {
  /** In points; absent for formats without layout. */
  readonly width?: number;
  readonly height?: number;
  readonly blocks: readonly ParsedBlock[];
  /** The page as plain text that keeps the layout, where the format has one. */
  readonly spatialText?: string;
}

/** A heading as a block: the first level is the document's own, the others are sections. */
export function headingBlock(level: number, text: string, box?: Box): TextBlock {
  const content = `${'#'.repeat(Math.min(Math.max(level, 1), 6))} ${text}`;
  return { type: level <= 1 ? 'heading' : 'section_heading', content, ...(box === undefined ? {} : { box }) };
}

/** The number of columns of a table: that of its longest row. A loop, since a table may have more rows than a call may have arguments. */
export function columnCountOf(rows: readonly (readonly unknown[])[]): number {
  return rows.reduce((most, row) => Math.max(most, row.length), 0);
}
