import type { Box } from './parsed-document';
import type { TextLine } from './text-lines';

/** A block of a page, as far as its text is compared: plain words, and the location if it is known. */
export interface ComparedBlock {
  readonly text: string;
  readonly box?: Box;
}

/** A number of each word. */
type WordCounts = Map<string, number>;

/** A word or a number. A footnote's number stands directly before or behind a word. */
const WORD = /\p{L}+|\p{N}+/gu;
/** A line that ends in the middle of a word. */
const BROKEN_END = /[-\u00ad\u2010]$/;

/**
 * Returns the lines of a page whose words its blocks do not have. A word of a block stands for one word of a line. The
 * block around a line is asked first, then the words that are left of all blocks: so a number in a running header is not
 * taken for the same number in a table.
 */
export function missingLines(lines: readonly TextLine[], blocks: readonly ComparedBlock[]): TextLine[] {
  const counts = blocks.map((block) => countWords(block.text));
  const beginnings = new Set(lines.map(({ text }) => wordsOf(text)[0]));
  const open = lines.map((line) => {
    const around = blocks.findIndex(({ box }) => box !== undefined && isWithin(line.box, box));
    const words = wordsOf(line.text);
    return {
      line,
      words: around < 0 ? words : takeWords(words, counts[around] ?? new Map<string, number>(), line.text, beginnings),
    };
  });
  const left = joinCounts(counts);
  const isMissing = ({ line, words }: (typeof open)[number]) =>
    takeWords(words, left, line.text, beginnings).length > 0;
  return open.filter(isMissing).map(({ line }) => line);
}

/** Returns the lines of a plain text whose words another text does not have, each as often. */
export function missingTexts(lines: readonly string[], text: string): string[] {
  const left = countWords(text);
  const beginnings = new Set(lines.map((line) => wordsOf(line)[0]));
  return lines.filter((line) => takeWords(wordsOf(line), left, line, beginnings).length > 0);
}

/** Tells if the middle of a box is within another box. */
export function isWithin(box: Box, around: Box): boolean {
  const x = (box.left + box.right) / 2;
  const y = (box.top + box.bottom) / 2;
  return x >= around.left && x <= around.right && y >= around.top && y <= around.bottom;
}

/** Returns the words of a text, in the form in which they are compared. */
export function wordsOf(text: string): string[] {
  return text.normalize('NFKC').toLowerCase().match(WORD) ?? [];
}

/**
 * Takes the words of a line out of the counts, and returns those that were not there. `beginnings` are the first words of
 * all lines: one of them is the rest of a word that is broken at the end of the line.
 */
function takeWords(
  words: readonly string[],
  counts: WordCounts,
  text: string,
  beginnings: ReadonlySet<string | undefined>,
): string[] {
  return words.filter((word, at) => {
    const isBroken = at === words.length - 1 && BROKEN_END.test(text);
    return !(isBroken && takeBeginning(word, counts, beginnings)) && !takeWord(word, counts);
  });
}

function takeWord(word: string, counts: WordCounts): boolean {
  const count = counts.get(word) ?? 0;
  if (count === 0) return false;
  counts.set(word, count - 1);
  return true;
}

/** Takes the beginning of a word that is broken at the end of a line. Its rest becomes a word for another line. */
function takeBeginning(beginning: string, counts: WordCounts, beginnings: ReadonlySet<string | undefined>): boolean {
  for (const [word, count] of counts) {
    const rest = word.slice(beginning.length);
    if (count === 0 || !word.startsWith(beginning) || !beginnings.has(rest)) continue;
    counts.set(word, count - 1);
    counts.set(rest, (counts.get(rest) ?? 0) + 1);
    return true;
  }
  return false;
}

function countWords(text: string): WordCounts {
  const counts: WordCounts = new Map();
  for (const word of wordsOf(text)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

function joinCounts(all: readonly WordCounts[]): WordCounts {
  const joined: WordCounts = new Map();
  for (const counts of all) for (const [word, count] of counts) joined.set(word, (joined.get(word) ?? 0) + count);
  return joined;
}
