import { readFile } from 'node:fs/promises';
import type { LayoutBlock, LayoutCell, LiteParse, ParsedPage as LayoutPage } from '@llamaindex/liteparse-wasm';
import { defined, errorMessage } from '../../../json';
import { ParsingFailure } from './parsing-failure';
import { loadLibrary } from './load-library';
import { headingBlock, type Box, type ParsedBlock, type ParsedPage } from './parsed-document';

/** Rows of dots between a label and its numbers. The library takes them for text. */
const LEADERS = /^[\s.·_-]+$/;

let parser: Promise<LiteParse> | undefined;

/**
 * Parses a PDF with its page sizes and boxes. A scan without text becomes empty pages.
 *
 * It must not run in a process with other tasks, because a broken PDF can trap the library's WebAssembly.
 *
 * @throws ParsingFailure for a protected or broken file, and if the library is missing.
 */
export async function parsePdf(bytes: Uint8Array): Promise<ParsedPage[]> {
  parser ??= createParser();
  const { pages } = await (await parser).parse(bytes).catch((error: unknown) => {
    // After a trap, the library's memory is in an unknown state. The error ends the process.
    if (error instanceof WebAssembly.RuntimeError) throw error;
    const message = errorMessage(error);
    throw new ParsingFailure(/password/i.test(message) ? 'PASSWORD_PROTECTED_FILE' : 'CORRUPT_FILE', error);
  });
  if (pages.length === 0) throw new ParsingFailure('CORRUPT_FILE');
  return pages.map(toPage);
}

async function createParser(): Promise<LiteParse> {
  const name = '@llamaindex/liteparse-wasm';
  const library = await loadLibrary({ name, format: 'PDF', load: () => import('@llamaindex/liteparse-wasm') });
  const wasm = await readFile(require.resolve('@llamaindex/liteparse-wasm/liteparse_wasm_bg.wasm'));
  await library.default({ module_or_path: wasm });
  return new library.LiteParse({
    extractBlocks: true,
    outputFormat: 'markdown',
    imageMode: 'off',
    ocrEnabled: false,
    quiet: true,
  });
}

function toPage({ width, height, text, blocks = [] }: LayoutPage): ParsedPage {
  const parsed = blocks.flatMap((block) => toBlock(block, { width, height }));
  return { width, height, blocks: parsed, spatialText: text.trimEnd() };
}

function toBlock(block: LayoutBlock, page: { readonly width: number; readonly height: number }): ParsedBlock[] {
  const box = toBox(block.bbox, page);
  if (block.kind === 'table') {
    const rows = tableRows(block);
    return rows.length === 0 ? [] : [defined({ type: 'table', rows, box })];
  }
  const text = block.lines?.join('\n') ?? block.text?.trim() ?? '';
  if (text === '' || LEADERS.test(text)) return [];
  if (block.kind === 'heading') return [headingBlock(block.level ?? 1, text, box)];
  return [defined({ type: 'text', content: toMarkdown(block, text), box })];
}

function tableRows({ header, rows = [] }: LayoutBlock): string[][] {
  const all = header === undefined ? rows : [header, ...rows];
  return all.map((row) => row.map(cellText));
}

function toMarkdown({ kind, level = 0, ordered, marker, bold }: LayoutBlock, text: string): string {
  if (kind === 'code') return `\`\`\`\n${text}\n\`\`\``;
  if (kind !== 'list_item') return bold && kind === 'paragraph' ? `**${text}**` : text;
  return `${'  '.repeat(level)}${ordered === true ? (marker ?? '1.') : '-'} ${text}`;
}

function cellText({ text }: LayoutCell): string {
  return text
    .replaceAll(/(?:\s*\.){3,}/g, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

/**
 * Converts a box of the library. Such a box can reach past the page by the width of a stroke, so it is cut at the page.
 */
function toBox(rect: LayoutBlock['bbox'], page: { readonly width: number; readonly height: number }): Box | undefined {
  if (rect === undefined) return undefined;
  const within = (value: number, most: number): number => Math.round(Math.min(Math.max(value, 0), most) * 100) / 100;
  return {
    left: within(rect.x, page.width),
    top: within(rect.y, page.height),
    right: within(rect.x + rect.width, page.width),
    bottom: within(rect.y + rect.height, page.height),
  };
}
