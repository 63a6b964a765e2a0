import type { ParseConfig } from '../../contract/extend/parse-api';

/** Credits per page, by engine. */
const CREDITS_PER_PAGE = { parse_performance: 2, parse_light: 0.3 };

/** Returns the price of a run of that many pages, in credits. */
export function creditsFor(config: ParseConfig, pageCount: number): number {
  const perPage = config.engine === 'parse_light' ? CREDITS_PER_PAGE.parse_light : CREDITS_PER_PAGE.parse_performance;
  return Math.round(perPage * pageCount * 10) / 10;
}
