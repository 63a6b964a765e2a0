import type { ParseConfig } from '../../../contract/extend/parse-api';
import { isPlainObject } from '../../../json';
import { toPlainText } from './ocr-page';
import type { FigureBlock, ParsedBlock, ParsedPage, ParsedWord } from './parsed-document';
import { ParsingFailure } from './parsing-failure';

/** Largest number of pictures of one document that are read. */
const MAX_READ = 20;
/** Time after which no further picture of a document is read, in seconds. A large photograph takes several seconds. */
const MAX_SECONDS = 40;
/** Least confidence of a word in a picture. What is below is mostly no text but a part of the picture. */
const LEAST_CONFIDENCE = 0.6;

/** A figure with its text, and the words of it that are located on the page. */
interface ReadFigure {
  readonly block: FigureBlock;
  readonly words: readonly ParsedWord[];
}

/**
 * Reads the pictures of a document by OCR. A picture that has no text, or that cannot be read, says so in its content.
 * The configuration can leave out all pictures.
 */
export async function readFigures(pages: readonly ParsedPage[], config: ParseConfig): Promise<ParsedPage[]> {
  const figures = config.blockOptions?.['figures'];
  const isOff = isPlainObject(figures) && figures['enabled'] === false;
  const startedAtMs = performance.now();
  let count = 0;
  const read: ParsedPage[] = [];
  for (const page of pages) {
    const found: ReadFigure[] = [];
    const blocks: ParsedBlock[] = [];
    for (const block of page.blocks) {
      if (block.type !== 'figure') blocks.push(block);
      else if (!isOff) {
        const figure = await readFigure(block, reachedLimit(count, performance.now() - startedAtMs));
        count += 1;
        found.push(figure);
        blocks.push(figure.block);
      }
    }
    read.push(found.length === 0 ? { ...page, blocks } : withFigures({ ...page, blocks }, found));
  }
  return read;
}

/** Returns the limit because of which the next picture of a document is not read; `undefined` if it is read. */
export function reachedLimit(count: number, elapsedMs: number): string | undefined {
  if (count >= MAX_READ) return `the emulator reads ${MAX_READ} pictures of a document`;
  if (elapsedMs >= MAX_SECONDS * 1000)
    return `the emulator reads the pictures of a document for ${MAX_SECONDS} seconds`;
  return undefined;
}

async function readFigure({ read, ...block }: FigureBlock, limit: string | undefined): Promise<ReadFigure> {
  if (read === undefined) return { block, words: [] };
  const text = limit ?? (await read().catch(failureOf));
  const caption = block.content === '' ? 'Picture' : `Picture: ${block.content.replaceAll(/\s+/g, ' ')}`;
  if (typeof text === 'string') return { block: { ...block, content: `[${caption}. Not read: ${text}]` }, words: [] };
  const sure = text.map((lines) => lines.map((line) => ({ ...line, words: line.words.filter(isSure) })));
  const content = sure.map(toPlainText).filter((paragraph) => paragraph !== '');
  if (content.length === 0) return { block: { ...block, content: `[${caption}. It has no text]` }, words: [] };
  const words = block.box === undefined ? [] : sure.flat().flatMap((line) => line.words);
  return { block: { ...block, content: content.join('\n\n') }, words };
}

function isSure({ confidence }: ParsedWord): boolean {
  return confidence >= LEAST_CONFIDENCE;
}

/** Returns the reason for which a picture is not read. Its document is read all the same. */
function failureOf(error: unknown): string {
  if (!(error instanceof ParsingFailure)) throw error;
  if (error.reason === 'CORRUPT_FILE') return 'it is broken, or in a format that the emulator does not know';
  return error.reason.replace(/^[A-Z_]+: /, '');
}

/** Adds the text of figures to what a page has besides its blocks. */
function withFigures(page: ParsedPage, figures: readonly ReadFigure[]): ParsedPage {
  const { spatialText, words } = page;
  const contents = figures.map(({ block }) => block.content);
  return {
    ...page,
    ...(spatialText !== undefined && { spatialText: [spatialText, ...contents].join('\n\n') }),
    ...(words !== undefined && { words: [...words, ...figures.flatMap((figure) => figure.words)] }),
  };
}
