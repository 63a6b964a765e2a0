/** One of a configuration's page ranges: 1-based, inclusive, open where a bound is missing. */
export interface PageRange {
  readonly start?: number;
  readonly end?: number;
}

/**
 * The pages that the ranges select, in document order and each once: overlaps and disorder are merged. No ranges select
 * everything.
 */
export function selectPages<Page>(pages: readonly Page[], ranges: readonly PageRange[] = []): readonly Page[] {
  if (ranges.length === 0) return pages;
  return pages.filter((_, at) => {
    const number = at + 1;
    return ranges.some(({ start = 1, end = Number.POSITIVE_INFINITY }) => start <= number && number <= end);
  });
}
