import type { OcrLine, OcrText } from './ocr';
import { unionOf, type Box, type ParsedPage, type TextBlock } from './parsed-document';

/** Converts the text of a picture into a page. `scale` is the number of points of one pixel. */
export function toOcrPage(text: OcrText, scale: number): Pick<ParsedPage, 'blocks' | 'spatialText' | 'words'> {
  const blocks = text.flatMap((lines) => toBlock(lines, scale));
  const words = text.flat().flatMap((line) => line.words.map((word) => ({ ...word, box: scaled(word.box, scale) })));
  return { blocks, spatialText: blocks.map(({ content }) => content).join('\n\n'), words };
}

/** Converts a paragraph. Its lines stay lines, because a receipt or a form is read by its lines. */
function toBlock(lines: readonly OcrLine[], scale: number): TextBlock[] {
  const content = lines
    .map(({ words }) => words.map(({ text }) => text).join(' '))
    .join('\n')
    .trim();
  if (content === '') return [];
  return [{ type: 'text', content, box: scaled(lines.map((line) => line.box).reduce(unionOf), scale) }];
}

function scaled({ left, top, right, bottom }: Box, scale: number): Box {
  const [l = 0, t = 0, r = 0, b = 0] = [left, top, right, bottom].map((value) => Math.round(value * scale * 100) / 100);
  return { left: l, top: t, right: r, bottom: b };
}
