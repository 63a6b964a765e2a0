import type { ParseConfig } from '../../../contract/extend/parse-api';
import { defined } from '../../../json';
import type { DocumentFormat, OcrOutput, ParserTask, ParseOutcome } from '../parser-task';
import { chunkPages } from './chunk-pages';
import { countPages } from './count-pages';
import { decodeText } from './decode-text';
import { ParsingFailure } from './parsing-failure';
import { parseDocx } from './parse-docx';
import { parseEml } from './parse-eml';
import { parseHtml } from './parse-html';
import { parseImage } from './parse-image';
import { parseOffice } from './parse-office';
import { parsePdf } from './parse-pdf';
import { parseDelimited, parseSpreadsheet } from './parse-spreadsheet';
import { parseText } from './parse-text';
import type { ParsedPage } from './parsed-document';
import { readFigures } from './read-figures';
import { repackZip } from './repack-zip';
import { returnsWords } from './returns-words';
import { selectPages, type PageRange } from './select-pages';

const PARSERS: Readonly<Record<DocumentFormat, (bytes: Uint8Array, config: ParseConfig) => Promise<ParsedPage[]>>> = {
  pdf: parsePdf,
  docx: parseDocx,
  spreadsheet: async (bytes, config) => parseSpreadsheet(isZip(bytes) ? repackZip(bytes) : bytes, config),
  html: async (bytes) => parseHtml(await decodeText(bytes)),
  csv: async (bytes) => parseDelimited(await decodeText(bytes)),
  text: async (bytes) => parseText(await decodeText(bytes)),
  image: parseImage,
  pptx: async (bytes) => parseOffice(repackZip(bytes), 'pptx'),
  odt: async (bytes) => parseOffice(repackZip(bytes), 'odt'),
  odp: async (bytes) => parseOffice(repackZip(bytes), 'odp'),
  rtf: async (bytes) => parseOffice(bytes, 'rtf'),
  eml: parseEml,
};

/**
 * Parses one document into chunks. For a document that cannot be parsed, the outcome has the API's failure reason. Any
 * other error is thrown.
 */
export async function parseIntoChunks({ bytes, format, config }: ParserTask): Promise<ParseOutcome> {
  try {
    const ranges = config.advancedOptions?.pageRanges as readonly PageRange[] | null | undefined;
    const pages = await readFigures(selectPages(await PARSERS[format](bytes, config), ranges ?? []), config);
    const chunks = chunkPages(pages, config);
    return { chunks, pageCount: countPages(format, pages, chunks), ...defined({ ocr: ocrOf(pages, config) }) };
  } catch (error) {
    if (!(error instanceof ParsingFailure)) throw error;
    return { failureReason: error.reason };
  }
}

/** Tells if a file is a zip file. Of the spreadsheets, XLS is none. */
function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b;
}

/** Returns the words of the pages, if the configuration asks for them. */
function ocrOf(pages: readonly ParsedPage[], config: ParseConfig): OcrOutput | undefined {
  if (!returnsWords(config)) return undefined;
  const words = pages.flatMap((page, at) =>
    (page.words ?? []).map(({ text, box, confidence }) => {
      const { left, right, top, bottom } = box;
      return { content: text, boundingBox: { left, right, top, bottom }, confidence, pageNumber: at + 1 };
    }),
  );
  return { words };
}
