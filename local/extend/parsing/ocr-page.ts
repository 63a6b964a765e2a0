import type { OcrLine, OcrText } from './ocr';
import { unionOf, type Box, type ParsedPage, type TextBlock } from './parsed-document';

/** Converts the text of a picture into a page. */
export function toOcrPage(text: OcrText): Pick<ParsedPage, 'blocks' | 'spatialText' | 'words'> {
  const blocks = text.flatMap(toBlock);
  const spatialText = blocks.map(({ content }) => content).join('\n\n');
  return { blocks, spatialText, words: text.flat().flatMap(({ words }) => words) };
}

/** Returns the text of a picture with all boxes multiplied by a number, such as that of the points of one pixel. */
export function scaleText(text: OcrText, scale: number): OcrText {
  return text.map((lines) =>
    lines.map(({ words, box }) => ({
      words: words.map((word) => ({ ...word, box: scaleBox(word.box, scale) })),
      box: scaleBox(box, scale),
    })),
  );
}

/** Returns a paragraph as text. Its lines stay lines, because a receipt or a form is read by its lines. */
export function toPlainText(lines: readonly OcrLine[]): string {
  return lines
    .map(({ words }) => words.map(({ text }) => text).join(' '))
    .join('\n')
    .trim();
}

function toBlock(lines: readonly OcrLine[]): TextBlock[] {
  const content = toPlainText(lines);
  return content === '' ? [] : [{ type: 'text', content, box: lines.map((line) => line.box).reduce(unionOf) }];
}

/** Returns a box with all numbers multiplied. */
export function scaleBox({ left, top, right, bottom }: Box, scale: number): Box {
  const [l = 0, t = 0, r = 0, b = 0] = [left, top, right, bottom].map((value) => Math.round(value * scale * 100) / 100);
  return { left: l, top: t, right: r, bottom: b };
}
