import { recognizeText } from './ocr';
import type { FigureBlock } from './parsed-document';
import { readImages } from './read-image';

/** Creates the figure of a picture file that a document contains. `text` is what the document says about the picture. */
export function pictureFigure(bytes: Uint8Array, text = ''): FigureBlock {
  const read = async () => {
    const pages = [];
    for (const image of await readImages(bytes)) pages.push(await recognizeText(image.bytes));
    return pages.flat();
  };
  return { type: 'figure', content: text.trim(), read };
}
