import type { OcrEngine, ParsedPage as LayoutPage } from '@llamaindex/liteparse-wasm';
import { recognizeText, type OcrText } from './ocr';
import { scaleText, toOcrPage } from './ocr-page';
import type { ParsedPage } from './parsed-document';
import { only, readFacts, readPages } from './read-pdf';

/** Longest text of a page that counts as a scan, in characters: a stamp with date or number. */
const MAX_STAMP_LENGTH = 40;

/**
 * Reads the pages that have a picture and almost no text by OCR. The result has these pages only, by number.
 *
 * @throws ParsingFailure if a library is missing.
 */
export async function readScans(bytes: Uint8Array, pages: readonly LayoutPage[]): Promise<Map<number, ParsedPage>> {
  const sparse = pages.filter(({ text }) => text.trim().length < MAX_STAMP_LENGTH).map(({ pageNum }) => pageNum);
  const facts = sparse.length === 0 ? [] : await readFacts(bytes, only(sparse));
  const scans = new Map<number, ParsedPage>();
  for (const { pageNumber, fullPageImage, imageBlockCount } of facts) {
    if (!sparse.includes(pageNumber) || !(fullPageImage || imageBlockCount > 0)) continue;
    const page = await readScan(bytes, pageNumber);
    if (page !== undefined) scans.set(pageNumber, page);
  }
  return scans;
}

/** Reads one page by OCR. The library gives the page as a picture. Returns `undefined` if it finds nothing to read. */
async function readScan(bytes: Uint8Array, pageNumber: number): Promise<ParsedPage | undefined> {
  let text: OcrText = [];
  let pixels = 0;
  let failure: Error | undefined;
  const ocrEngine: OcrEngine = {
    recognize: async (image, width) => {
      pixels = width;
      text = await recognizeText(image).catch((error: Error) => {
        failure = error;
        return [];
      });
      return [];
    },
  };
  const [page] = await readPages(bytes, { ...only([pageNumber]), ocrEnabled: true, ocrEngine });
  // The library would take the failure for one of its own.
  if (failure !== undefined) throw failure;
  if (page === undefined || text.length === 0) return undefined;
  const { width, height } = page;
  return { width, height, ...toOcrPage(scaleText(text, width / pixels)) };
}
