/** One of a configuration's page ranges: 1-based and inclusive. A missing bound leaves the range open. */
export interface PageRange {
  readonly start?: number;
  readonly end?: number;
}

/**
 * Returns the pages that the ranges select, in the order of the document and each once, even if ranges overlap or are
 * not in order. Without ranges, it returns all pages.
 */
export function selectPages<Page>(pages: readonly Page[], ranges: readonly PageRange[] = []): readonly Page[] {
  if (ranges.length === 0) return pages;
  return pages.filter((_, at) => {
    const number = at + 1;
    return ranges.some(({ start = 1, end = Number.POSITIVE_INFINITY }) => start <= number && number <= end);
  });
}
