import { decodeBytes } from '../decode-bytes';
import type { DocumentFormat, ParserTask, ParseOutcome } from '../parser-task';
import { chunkPages } from './chunk-pages';
import { ParsingFailure } from './parsing-failure';
import { parseDocx } from './parse-docx';
import { parseHtml } from './parse-html';
import { parsePdf } from './parse-pdf';
import { parseDelimited, parseSpreadsheet } from './parse-spreadsheet';
import { parseText } from './parse-text';
import type { ParsedPage } from './parsed-document';
import { repackZip } from './repack-zip';
import { selectPages, type PageRange } from './select-pages';

const PARSERS: Readonly<Record<DocumentFormat, (bytes: Uint8Array) => Promise<ParsedPage[]>>> = {
  pdf: parsePdf,
  docx: async (bytes) => parseDocx(repackZip(bytes)),
  spreadsheet: async (bytes) => parseSpreadsheet(isZip(bytes) ? repackZip(bytes) : bytes),
  html: async (bytes) => parseHtml(asText(bytes)),
  csv: async (bytes) => parseDelimited(asText(bytes)),
  text: async (bytes) => parseText(asText(bytes)),
};

/**
 * Parses one document into chunks. For a document that cannot be parsed, the outcome has the API's failure reason. Any
 * other error is thrown.
 */
export async function parseIntoChunks({ bytes, format, config }: ParserTask): Promise<ParseOutcome> {
  try {
    const ranges = config.advancedOptions?.pageRanges as readonly PageRange[] | null | undefined;
    const pages = selectPages(await PARSERS[format](bytes), ranges ?? []);
    return { chunks: chunkPages(pages, config), pageCount: pages.length };
  } catch (error) {
    if (!(error instanceof ParsingFailure)) throw error;
    return { failureReason: error.reason };
  }
}

/** Tells if a file is a zip file. Of the spreadsheets, XLS is none. */
function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b;
}

function asText(bytes: Uint8Array): string {
  const text = decodeBytes(bytes);
  if (text === undefined) throw new ParsingFailure('CORRUPT_FILE');
  return text;
}
