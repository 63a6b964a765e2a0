import type { Block, Chunk } from '../../contract/extend/parse-api';
import { RefusedRequest } from './refused-request';

/** The output of the last run that parsed a file. */
export interface ParsedFile {
  readonly chunks: readonly Chunk[];
  readonly pageCount: number;
}

/** The contents of a parsed file, as the API gives them on request. */
export interface FileContents {
  /** Text of the whole file; `null` for spreadsheets, and if it is not asked for. */
  readonly rawText: string | null;
  /** Markdown of the whole file; `null` if it is not asked for. */
  readonly markdown: string | null;
  /** Pages of a PDF or an image, with their markdown; `null` if it is not asked for. */
  readonly pages: readonly FilePage[] | null;
  /** Sheets of a spreadsheet; `null` for other types, and if the text is not asked for. */
  readonly sheets: readonly { readonly sheetName: string; readonly rawText: string }[] | null;
}

interface FilePage {
  readonly pageNumber: number;
  readonly pageHeight: number | null;
  readonly pageWidth: number | null;
  readonly markdown: string;
}

/** Marks of headings. Other marks of markdown stay in the text. */
const HEADING_MARK = /^#{1,6} /gm;

/**
 * Returns the contents of a file that the query asks for. HTML is accepted in the query and never given, because the
 * emulator makes none.
 *
 * @param parsed output of the last run of the file; `undefined` for a file that was never parsed, which has no contents
 * @returns `null` if the query asks for nothing, or if there are no contents
 * @throws RefusedRequest 400 for a value other than `true` and `false`.
 */
export function fileContents(
  parsed: ParsedFile | undefined,
  apiType: string | undefined,
  query: Readonly<Record<string, string>>,
): FileContents | null {
  const wantsText = flagOf(query, 'rawText');
  const wantsMarkdown = flagOf(query, 'markdown');
  flagOf(query, 'html');
  if (parsed === undefined || !(wantsText || wantsMarkdown)) return null;
  const pages = pagesOf(parsed.chunks);
  const markdown = pages.map((page) => page.markdown).join('\n\n');
  const isSpreadsheet = apiType === 'EXCEL';
  const hasPages = apiType === 'PDF' || apiType === 'IMG';
  return {
    rawText: wantsText && !isSpreadsheet ? toText(markdown) : null,
    markdown: wantsMarkdown ? markdown : null,
    pages: wantsMarkdown && hasPages ? pages : null,
    sheets: wantsText && isSpreadsheet ? pages.map(toSheet) : null,
  };
}

function flagOf(query: Readonly<Record<string, string>>, name: string): boolean {
  const { [name]: value = 'false' } = query;
  if (value !== 'true' && value !== 'false') {
    throw new RefusedRequest(400, `${name} must be true or false, got ${value}`);
  }
  return value === 'true';
}

/** Joins the blocks of each page. The chunks of the run may have more pages than one, or less. */
function pagesOf(chunks: readonly Chunk[]): FilePage[] {
  const pages = new Map<number, Block[]>();
  for (const block of chunks.flatMap((chunk) => chunk.blocks ?? [])) {
    const number = block.metadata?.page?.number ?? 1;
    pages.set(number, [...(pages.get(number) ?? []), block]);
  }
  return [...pages].map(([pageNumber, blocks]) => ({
    pageNumber,
    pageHeight: blocks[0]?.metadata?.page?.height ?? null,
    pageWidth: blocks[0]?.metadata?.page?.width ?? null,
    markdown: blocks.map(({ content }) => content ?? '').join('\n\n'),
  }));
}

/** Converts the page of a sheet, which begins with the name of the sheet as a heading. */
function toSheet({ markdown }: FilePage) {
  const [name = '', ...rest] = markdown.split('\n\n');
  return { sheetName: toText(name), rawText: rest.join('\n\n') };
}

function toText(markdown: string): string {
  return markdown.replaceAll(HEADING_MARK, '');
}
