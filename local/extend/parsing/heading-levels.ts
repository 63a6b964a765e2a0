import type { PdfHeading } from './pdf-blocks';

/** Lowest level of a heading in markdown. */
const LOWEST_LEVEL = 6;

/**
 * Returns the level of each heading of a document. The library's levels are kept, unless a heading has a higher level
 * than one in a larger font, or the library does not know a heading. Then the sizes of the fonts decide: the largest is
 * level 1.
 */
export function headingLevels(headings: readonly PdfHeading[]): Map<PdfHeading, number> {
  const bySize = new Map<number, PdfHeading[]>();
  for (const heading of headings) {
    const group = bySize.get(sizeOf(heading));
    if (group === undefined) bySize.set(sizeOf(heading), [heading]);
    else group.push(heading);
  }
  const groups = [...bySize].sort(([a], [b]) => b - a).map(([, group]) => group);
  const isKept = headings.every(({ level }) => level !== undefined) && !isInverted(groups);
  return new Map(
    groups.flatMap((group, at) =>
      group.map((heading) => [heading, isKept ? (heading.level ?? 1) : Math.min(at + 1, LOWEST_LEVEL)]),
    ),
  );
}

/** Tells if a heading has a higher level than a heading in a larger font. The groups are ordered by size, largest first. */
function isInverted(groups: readonly (readonly PdfHeading[])[]): boolean {
  let lowest = 0;
  return groups.some((group) => {
    const levels = group.map(({ level = 1 }) => level);
    const isHigher = levels.some((level) => level < lowest);
    lowest = levels.reduce((low, level) => Math.max(low, level), lowest);
    return isHigher;
  });
}

/** The size of a heading's font. Sizes that differ by rounding are the same. */
function sizeOf({ fontSize }: PdfHeading): number {
  return Math.round(fontSize * 2) / 2;
}
