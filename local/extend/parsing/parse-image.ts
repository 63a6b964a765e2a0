import { recognizeText } from './ocr';
import { toOcrPage } from './ocr-page';
import type { ParsedPage } from './parsed-document';
import { readImages } from './read-image';

/**
 * Parses an image by OCR, each picture as a page. The size of the page is that of the picture, one point for each pixel.
 *
 * @throws ParsingFailure for a broken or too large image, and if a library is missing.
 */
export async function parseImage(bytes: Uint8Array): Promise<ParsedPage[]> {
  const pages: ParsedPage[] = [];
  for (const { bytes: image, width, height } of await readImages(bytes)) {
    pages.push({ width, height, ...toOcrPage(await recognizeText(image)) });
  }
  return pages;
}
