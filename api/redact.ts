/** Longest text from outside that is carried in a message; the rest is cut. */
const MAX_TEXT_LENGTH = 500;
/** What lies beyond is not even looked at. */
const MAX_READ_LENGTH = 16_384;

/**
 * Takes secrets out of a text that may reach a log, an error or a history: the query, fragment and credentials of every
 * URL, bearer tokens, and Extend's `sk_…` and `wss_…` keys. It also cuts what is longer than 500 characters.
 *
 * A query is taken to reach to the next white space: quotes may be part of one, and too much is better than too little.
 * It does not know secrets of other shapes; such texts must not be handed on in the first place.
 */
export function redact(text: string): string {
  const clean = text
    .slice(0, MAX_READ_LENGTH)
    .replace(/:\/\/[^\s/?#]*@/g, '://***@')
    .replace(/(:\/\/[^\s?#]*)[?#]\S*/g, '$1?***')
    .replace(/\bBearer\s+[^\s"',;]+/gi, 'Bearer ***')
    .replace(/(?<![A-Za-z0-9])(sk|wss)_[A-Za-z0-9_-]{4,}/g, '$1_***');
  return clean.length > MAX_TEXT_LENGTH ? `${clean.slice(0, MAX_TEXT_LENGTH)}…` : clean;
}
