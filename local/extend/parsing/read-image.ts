import { createRequire } from 'node:module';
import { loadLibrary } from './load-library';
import { OCR_PACKAGES } from './ocr';
import { ParsingFailure } from './parsing-failure';

/** One picture of an image file, in a form that the OCR reads. */
export interface ReadImage {
  readonly bytes: Uint8Array;
  /** Width in pixels. */
  readonly width: number;
  /** Height in pixels. */
  readonly height: number;
}

/** Largest picture, in pixels: a sheet of A4 in 600 dpi. A small file may contain a picture that fills the memory. */
const MAX_PIXELS = 40_000_000;

/** Red, green, blue and opacity of each pixel. */
interface Pixels {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/**
 * Reads the pictures of an image file: each page of a TIFF, the first picture of a GIF. PNG, JPEG and WebP stay as they
 * are.
 *
 * @throws ParsingFailure for a broken or too large image, and if a library is missing.
 */
export async function readImages(bytes: Uint8Array): Promise<ReadImage[]> {
  const load = () => import('image-size');
  const { imageSize } = await loadLibrary({ name: OCR_PACKAGES, format: 'images and scanned pages', load });
  const { type, width, height, orientation = 1 } = orCorrupt(() => imageSize(bytes));
  checkSize(width, height);
  if (type === 'tiff') return readTiff(bytes);
  if (type === 'gif') return [toPnm(await readGif(bytes))];
  if (type === 'bmp') return [toPnm(readBmp(bytes))];
  // Cameras store a picture as their sensor is held, and the angle beside it. The OCR turns the picture.
  return orientation >= 5 ? [{ bytes, width: height, height: width }] : [{ bytes, width, height }];
}

function checkSize(width: number, height: number): void {
  if (width * height > MAX_PIXELS) {
    throw new ParsingFailure(`FILE_SIZE_TOO_LARGE: the image has more than ${MAX_PIXELS} pixels`);
  }
}

function orCorrupt<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof ParsingFailure) throw error;
    throw new ParsingFailure('CORRUPT_FILE', error);
  }
}

async function readTiff(bytes: Uint8Array): Promise<ReadImage[]> {
  const { default: utif } = await loadLibrary({ name: 'utif2', format: 'TIFF', load: () => import('utif2') });
  return orCorrupt(() => {
    const file = new Uint8Array(bytes).buffer;
    return utif.decode(file).map((page) => {
      const [width = 0] = page['t256'] as number[];
      const [height = 0] = page['t257'] as number[];
      checkSize(width, height);
      utif.decodeImage(file, page);
      return toPnm({ data: utif.toRGBA8(page), width: page.width, height: page.height });
    });
  });
}

async function readGif(bytes: Uint8Array): Promise<Pixels> {
  const { GifReader } = await loadLibrary({ name: 'omggif', format: 'GIF', load: () => import('omggif') });
  return orCorrupt(() => {
    const reader = new GifReader(Buffer.from(bytes));
    const { width, height } = reader;
    checkSize(width, height);
    const data = new Uint8Array(width * height * 4);
    reader.decodeAndBlitFrameRGBA(0, data);
    return { data, width, height };
  });
}

/** Decodes with the decoder of the OCR library, which copies a picture into an object before it uses the decoder. */
function readBmp(bytes: Uint8Array): Pixels {
  const fromOcr = createRequire(require.resolve('tesseract.js'));
  const bmp = fromOcr('bmp-js') as { decode(file: Buffer): Pixels };
  const { data, width, height } = orCorrupt(() => bmp.decode(Buffer.from(bytes)));
  // The decoder gives opacity, blue, green, red. Its opacity is 0 in files without any.
  const turned = new Uint8Array(data.length);
  for (let at = 0; at < data.length; at += 4) {
    turned.set([data[at + 3] ?? 0, data[at + 2] ?? 0, data[at + 1] ?? 0, 255], at);
  }
  return { data: turned, width, height };
}

/** Creates a PNM file of pixels, on white. */
function toPnm({ data, width, height }: Pixels): ReadImage {
  const head = Buffer.from(`P6\n${width} ${height}\n255\n`);
  const bytes = new Uint8Array(head.byteLength + width * height * 3);
  bytes.set(head);
  for (let pixel = 0, at = head.byteLength; pixel < width * height; pixel += 1) {
    const opacity = (data[pixel * 4 + 3] ?? 0) / 255;
    for (let color = 0; color < 3; color += 1, at += 1) {
      bytes[at] = Math.round(255 + ((data[pixel * 4 + color] ?? 255) - 255) * opacity);
    }
  }
  return { bytes, width, height };
}
