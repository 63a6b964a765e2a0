import type { PdfHeading } from './pdf-blocks';

/** Lowest level of a heading in markdown. */
const LOWEST_LEVEL = 6;
/** Least size of a font that counts as the same size, in sizes of the larger font. */
const SAME_SIZE = 0.9;

/**
 * Returns the level of each heading of a document. The library's levels are kept, unless they contradict the sizes of the
 * fonts: a larger heading does not have a higher level than a smaller one. Then the sizes decide: the largest is level 1.
 */
export function headingLevels(headings: readonly PdfHeading[]): Map<PdfHeading, number> {
  const groups = groupBySize(headings);
  const isKept = headings.every(({ level }) => level !== undefined) && !isContradicted(groups);
  return new Map(
    groups.flatMap((group, at) =>
      group.map((heading) => [heading, isKept ? (heading.level ?? 1) : Math.min(at + 1, LOWEST_LEVEL)]),
    ),
  );
}

/** Groups headings of about the same size, the largest first. */
function groupBySize(headings: readonly PdfHeading[]): PdfHeading[][] {
  const groups: PdfHeading[][] = [];
  for (const heading of [...headings].sort((a, b) => b.fontSize - a.fontSize)) {
    const largest = groups.at(-1)?.[0];
    if (largest !== undefined && heading.fontSize >= SAME_SIZE * largest.fontSize) groups.at(-1)?.push(heading);
    else groups.push([heading]);
  }
  return groups;
}

/** Tells if a heading does not have a lower level than all headings of a larger size. */
function isContradicted(groups: readonly (readonly PdfHeading[])[]): boolean {
  let lowest = 0;
  return groups.some((group) => {
    const levels = group.map(({ level = 1 }) => level);
    const isHigher = levels.some((level) => level <= lowest);
    lowest = levels.reduce((low, level) => Math.max(low, level), lowest);
    return isHigher;
  });
}
