import { dirname, join } from 'node:path';
import type { Block, Rectangle, Word, Worker } from 'tesseract.js';
import { defined } from '../../../json';
import type { Box, ParsedWord } from './parsed-document';
import { loadLibrary } from './load-library';
import { ParsingFailure } from './parsing-failure';

/** A line of an image, located in its pixels. */
export interface OcrLine {
  readonly box: Box;
  readonly words: readonly ParsedWord[];
}

/** The text of an image: its paragraphs, each with its lines. */
export type OcrText = readonly (readonly OcrLine[])[];

/** The packages that images need, as the argument of an installation. */
export const OCR_PACKAGES = 'tesseract.js @tesseract.js-data/eng image-size';

/** Path of the English data in their package. */
const DATA_FOLDER = '4.0.0_best_int';

let worker: Promise<Worker> | undefined;

/**
 * Reads the English text of an image: PNG, JPEG, WebP or PNM. The data of the language come from a package; nothing is
 * downloaded.
 *
 * @param area part of the image to read, in its pixels; the whole image if it is absent
 * @throws ParsingFailure for an image that cannot be decoded, and if a library is missing.
 */
export async function recognizeText(image: Uint8Array, area?: Box): Promise<OcrText> {
  worker ??= createOcr();
  const engine = await worker;
  const input = Buffer.from(image.buffer, image.byteOffset, image.byteLength);
  const options = defined({ rectangle: area === undefined ? undefined : toRectangle(area) });
  const { data } = await engine.recognize(input, options, { text: false, blocks: true }).catch((error: unknown) => {
    throw new ParsingFailure('CORRUPT_FILE', error);
  });
  return (data.blocks ?? []).flatMap(toParagraphs);
}

async function createOcr(): Promise<Worker> {
  const format = 'images and scanned pages';
  const load = () => import('tesseract.js');
  const { createWorker, OEM } = await loadLibrary({ name: OCR_PACKAGES, format, load });
  const data = await loadLibrary({ name: OCR_PACKAGES, format, load: findData });
  // The library throws an error past its own promise, unless it has a handler.
  const options = { langPath: data, gzip: true, cacheMethod: 'none', errorHandler: () => undefined };
  return createWorker('eng', OEM.LSTM_ONLY, options);
}

async function findData(): Promise<string> {
  return join(dirname(require.resolve('@tesseract.js-data/eng/package.json')), DATA_FOLDER);
}

function toParagraphs({ paragraphs }: Block): OcrLine[][] {
  return paragraphs.map(({ lines }) =>
    lines.map(({ words, bbox }) => ({ box: toBox(bbox), words: words.map(toWord) })),
  );
}

function toWord({ text, confidence, bbox }: Word): ParsedWord {
  return { text, box: toBox(bbox), confidence: Math.round(confidence) / 100 };
}

function toRectangle({ left, top, right, bottom }: Box): Rectangle {
  return { left, top, width: right - left, height: bottom - top };
}

function toBox({ x0, y0, x1, y1 }: Word['bbox']): Box {
  return { left: x0, top: y0, right: x1, bottom: y1 };
}
