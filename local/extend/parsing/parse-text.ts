import type { ParsedBlock, ParsedPage } from './parsed-document';

const HEADING = /^(#{1,6})[ \t]+\S.*$/;
/** The line below a heading: of the first level, or of the second. */
const UNDERLINE = /^(?:(=+)|-{2,})[ \t]*$/;
const TABLE_RULE = /^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$/;
const FENCE = /^\s*(?:```|~~~)/;

/**
 * Parses text and markdown. Blocks end at empty lines, pages at form feeds; the text stays unchanged. Needs no library.
 */
export function parseText(text: string): ParsedPage[] {
  const normal = text.replace(/^\ufeff/, '').replaceAll(/\r\n?/g, '\n');
  return normal.split('\f').map((page) => ({ blocks: splitBlocks(page).map(toBlock) }));
}

function splitBlocks(page: string): string[][] {
  const blocks: string[][] = [];
  let open: string[] = [];
  let fenced = false;
  const close = (): void => {
    if (open.length > 0) blocks.push(open);
    open = [];
  };
  for (const line of page.split('\n')) {
    if (FENCE.test(line)) fenced = !fenced;
    if (!fenced && line.trim() === '') close();
    else if (!fenced && HEADING.test(line)) {
      close();
      blocks.push([line]);
    } else open.push(line);
  }
  close();
  return blocks;
}

function toBlock(lines: readonly string[]): ParsedBlock {
  const [first = '', second] = lines;
  const level = lines.length === 1 ? HEADING.exec(first)?.[1]?.length : undefined;
  if (level !== undefined) return { type: level === 1 ? 'heading' : 'section_heading', content: first };
  const underline = lines.length === 2 && second !== undefined ? UNDERLINE.exec(second) : null;
  if (underline !== null) {
    return { type: underline[1] === undefined ? 'section_heading' : 'heading', content: lines.join('\n') };
  }
  if (second !== undefined && first.includes('|') && second.includes('|') && TABLE_RULE.test(second)) {
    return { type: 'table', rows: lines.filter((_, at) => at !== 1).map(splitRow) };
  }
  return { type: 'text', content: lines.join('\n') };
}

function splitRow(line: string): string[] {
  const inner = line.trim().replace(/^\|/, '').replace(/\|$/, '');
  return inner.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|'));
}
