import type {
  LiteParseInit,
  PageOrientationCorrection,
  ParsedPage as LayoutPage,
  TextItem,
} from '@llamaindex/liteparse-wasm';
import type { ParseConfig } from '../../../contract/extend/parse-api';
import { addMissingPlainText, addMissingText } from './add-missing-text';
import { fillTables } from './fill-tables';
import { headingLevels } from './heading-levels';
import type { OcrText } from './ocr';
import { headingBlock, type Box, type ParsedBlock, type ParsedPage, type ParsedWord } from './parsed-document';
import { ParsingFailure } from './parsing-failure';
import { createFigureReader } from './pdf-figures';
import { toPdfBlocks, type PdfBlock, type PdfHeading } from './pdf-blocks';
import { only, readPages } from './read-pdf';
import { readScans } from './read-scans';
import { returnsWords } from './returns-words';
import { toTextLines } from './text-lines';

/** Least share of a page's text that runs sideways on a page that is turned. */
const SIDEWAYS_SHARE = 0.8;

/** A page of a PDF, before the document decides the levels of its headings. */
interface PdfPage extends Omit<ParsedPage, 'blocks'> {
  readonly blocks: readonly PdfBlock[];
}

/**
 * Parses a PDF with its page sizes and boxes. A page has all the text that the library gives for it: text that is in none
 * of the library's blocks is added in place. A page whose text runs sideways is turned, unless the configuration switches
 * that off. A scanned page is read by OCR. Pictures beside text are figures, which are read later.
 *
 * It must not run in a process with other tasks, because a broken PDF can trap the library's WebAssembly.
 *
 * @throws ParsingFailure for a protected or broken file, and if a library is missing.
 */
export async function parsePdf(bytes: Uint8Array, config: ParseConfig): Promise<ParsedPage[]> {
  const options = { emitWordBoxes: returnsWords(config) };
  const pages = await readPages(bytes, options);
  if (pages.length === 0) throw new ParsingFailure('CORRUPT_FILE');
  const scans = await readScans(bytes, pages);
  const turns = config.advancedOptions?.['pageRotationEnabled'] !== false;
  const corrections = turns ? sidewaysPages(pages) : [];
  const upright = await turnPages(bytes, pages, { ...options, pageOrientationCorrections: corrections });
  const parsed = upright.map((page) => {
    const read = createFigureReader(bytes, page, { pageOrientationCorrections: corrections });
    return withReader(toPdfPage(page), read);
  });
  return withLevels(parsed).map((page, at) => scans.get(upright[at]?.pageNum ?? 0) ?? page);
}

/** Returns the pages whose text runs sideways, with the angles. */
function sidewaysPages(pages: readonly LayoutPage[]): PageOrientationCorrection[] {
  const angles = pages.map(({ pageNum, textItems }) => ({ page: pageNum, angle: angleOf(textItems) }));
  return angles.filter(({ angle }) => angle !== 0);
}

/** Reads the pages that the options turn again, turned. */
async function turnPages(
  bytes: Uint8Array,
  pages: readonly LayoutPage[],
  options: LiteParseInit,
): Promise<readonly LayoutPage[]> {
  const numbers = (options.pageOrientationCorrections ?? []).map(({ page = 0 }) => page);
  if (numbers.length === 0) return pages;
  const turned = await readPages(bytes, { ...options, ...only(numbers) });
  return pages.map((page) => turned.find(({ pageNum }) => pageNum === page.pageNum) ?? page);
}

/** Gives the figures of a page the function that reads them. */
function withReader(page: PdfPage, read: (box: Box) => Promise<OcrText>): PdfPage {
  const blocks = page.blocks.map((block) => {
    const { box } = block;
    return block.type === 'figure' && box !== undefined ? { ...block, read: () => read(box) } : block;
  });
  return { ...page, blocks };
}

/** Returns the angle by which most of the text of a page is turned clockwise: 0, 90, 180 or 270 degrees. */
function angleOf(items: readonly TextItem[]): number {
  const characters = new Map<number, number>();
  let all = 0;
  for (const { text, rotation } of items) {
    const angle = (((Math.round(rotation / 90) * 90) % 360) + 360) % 360;
    characters.set(angle, (characters.get(angle) ?? 0) + text.length);
    all += text.length;
  }
  const [most] = [...characters].sort(([, a], [, b]) => b - a);
  return most !== undefined && most[1] >= SIDEWAYS_SHARE * all ? most[0] : 0;
}

function toPdfPage({ width, height, text, textItems, blocks = [] }: LayoutPage): PdfPage {
  const lines = toTextLines(textItems);
  const parsed = fillTables(blocks, textItems).flatMap((block) => toPdfBlocks(block, { width, height }, lines));
  const whole = addMissingPlainText(addMissingText(parsed, lines), text);
  return { width, height, blocks: whole, spatialText: text.trimEnd(), words: textItems.flatMap(toWords) };
}

function toWords({ words = [], confidence = 1, ...item }: TextItem): ParsedWord[] {
  const located = words.length === 0 ? [item] : words;
  return located.map(({ text, x, y, width, height }) => {
    return { text: text.trim(), box: { left: x, top: y, right: x + width, bottom: y + height }, confidence };
  });
}

function withLevels(pages: readonly PdfPage[]): ParsedPage[] {
  const isHeading = (block: PdfBlock): block is PdfHeading => block.type === 'heading';
  const levels = headingLevels(pages.flatMap(({ blocks }) => blocks.filter(isHeading)));
  const toBlock = (block: PdfBlock): ParsedBlock =>
    block.type === 'heading' ? headingBlock(levels.get(block) ?? 1, block.text, block.box) : block;
  return pages.map((page) => ({ ...page, blocks: page.blocks.map(toBlock) }));
}
