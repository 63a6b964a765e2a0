import type { LiteParseInit, ParsedPage as LayoutPage, ScreenshotResult } from '@llamaindex/liteparse-wasm';
import { recognizeText, type OcrText } from './ocr';
import { scaleBox, scaleText } from './ocr-page';
import type { Box } from './parsed-document';
import { only, renderPage } from './read-pdf';

/** Points of an inch. */
const POINTS_PER_INCH = 72;
/** Resolution in which a page is rendered for its pictures. */
const USUAL_DPI = 150;
/** Largest rendered page, in pixels. A small file may have a page of any size. */
const MAX_PIXELS = 10_000_000;

/**
 * Creates a function that reads the text in a part of a page by OCR. It renders the page when it is first called. The
 * text is located on the page.
 *
 * @param options options with which the page was read
 */
export function createFigureReader(bytes: Uint8Array, page: LayoutPage, options: LiteParseInit) {
  let rendered: Promise<ScreenshotResult> | undefined;
  return async (box: Box): Promise<OcrText> => {
    const inches = (page.width / POINTS_PER_INCH) * (page.height / POINTS_PER_INCH);
    const dpi = Math.min(USUAL_DPI, Math.floor(Math.sqrt(MAX_PIXELS / inches)));
    rendered ??= renderPage(bytes, { ...options, ...only([page.pageNum]), dpi });
    const { imageBytes, width } = await rendered;
    const scale = page.width / width;
    return scaleText(await recognizeText(new Uint8Array(imageBytes), scaleBox(box, 1 / scale)), scale);
  };
}
