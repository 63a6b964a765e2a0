import { toPlainText } from './plain-text';

/** Longest text from outside in a message. The rest is cut. */
const MAX_TEXT_LENGTH = 500;
/**
 * Length to which texts are cut, at white space, before the regular expressions run. `http/` reads more than this of an
 * error answer, so no shorter cut comes before this one.
 */
const MAX_READ_LENGTH = 4_096;

/** A slash: plain, in a JSON string, percent-encoded, or in HTML. */
const SLASH = String.raw`(?:\\?\/|%(?:25)*2F|&#x2F;|&#47;|\\u002F)`;
/** The part of a URL between its scheme and its host. It may be in the middle of a word. */
const URL_BEGIN = new RegExp(`(?::|%(?:25)*3A)${SLASH}${SLASH}`, 'i');
const SLASHES = new RegExp(SLASH, 'gi');
const HOST_END = new RegExp(`${SLASH}|[?#]|%(?:25)*(?:3F|23)`, 'i');
const QUERY_BEGIN = /[?#]|%(?:25)*(?:3F|23)/i;
/** Sign between the name and the value of a query. A query without a URL is recognised by it. */
const ASSIGNMENT = /=|%(?:25)*3D/i;
/** Text before a path in a word: nothing, punctuation, or a host with a dot or a port. */
const BEFORE_PATH = /(?:^|[^\w.]|\w\.[\w-]+|:\d+)$/;

/**
 * Takes secrets out of a text that may reach a log, an error or a history. It recognises secrets by their shape:
 *
 * - the query, fragment and credentials of every URL;
 * - queries and session ids without a URL;
 * - values of `token=…` and similar names;
 * - `Bearer` and `Basic` tokens;
 * - keys of Extend (`sk_…`, `wss_…`), of others (`sk-…`) and of AWS (`AKIA…`).
 *
 * It also removes control characters and bidirectional characters, and cuts a text after 500 characters.
 *
 * A query counts up to the next white space, because a query may contain quotes. It is better to remove too much than
 * too little. Secrets of other shapes are recognised by their value only: see `createRedactor`.
 */
export function redact(text: string): string {
  const clean = toPlainText(cutToReadable(text))
    .replace(/(?:\\?\/){2}[^\s/?#]*@/g, '//***@')
    .replace(/%2F%2F(?:(?!%2F|%3F|%23)[^\s/?#])*(?:%40|@)/gi, '%2F%2F***@')
    .replace(/\S+/g, withoutQuery)
    .replace(/;jsessionid=[^\s/?#;&,"']+/gi, ';jsessionid=***')
    .replace(/\b(Bearer)\s+[^\s"',;]+/gi, 'Bearer ***')
    .replace(/\b(?:[Bb]asic|BASIC)\s+(?=[a-z]*[^a-z\s])[\w+/.~-]{6,}=*/g, 'Basic ***')
    .replace(/(token|secret|password|passwd|signature|credentials?|api[-_]?key)=[^\s&;,"']+/gi, '$1=***')
    .replace(/(?<![A-Za-z0-9])(sk|wss)([_-])[A-Za-z0-9_-]{4,}/g, '$1$2***')
    .replace(/(?<![A-Za-z0-9])(AKIA|ASIA)[A-Z0-9]{12,}/g, '$1***');
  return clean.length > MAX_TEXT_LENGTH ? `${clean.slice(0, MAX_TEXT_LENGTH)}…` : clean;
}

/**
 * Reduces each URL in a text to its origin, and each path to its beginning. It serves for texts that may repeat a
 * secret URL which the caller does not know. Words with one slash, such as `application/pdf`, are kept.
 */
export function reduceUrls(text: string): string {
  return cutToReadable(text).replace(/\S+/g, toOrigin);
}

/**
 * Cuts a text to the length that the regular expressions get. It cuts at white space if there is any, because half of a
 * secret would not be recognised.
 */
export function cutToReadable(text: string): string {
  if (text.length <= MAX_READ_LENGTH) return text;
  const start = text.slice(0, MAX_READ_LENGTH);
  const lastWord = /\s(?=\S*$)/.exec(start.slice(-MAX_TEXT_LENGTH));
  return lastWord === null ? start : start.slice(0, MAX_READ_LENGTH - MAX_TEXT_LENGTH + lastWord.index);
}

/**
 * Masks the query of a word. It searches a few times per word, not once per `://`, so that the time grows only with the
 * length of the text.
 */
function withoutQuery(word: string): string {
  const at = Math.min(queryOfUrl(word), queryWithValue(word));
  return at === Infinity ? word : `${word.slice(0, at)}?***`;
}

/** Gives the position of the query or fragment of the first URL. @returns Infinity if there is none */
function queryOfUrl(word: string): number {
  const url = URL_BEGIN.exec(word);
  if (url === null) return Infinity;
  const hostAt = url.index + url[0].length;
  const query = QUERY_BEGIN.exec(word.slice(hostAt));
  return query === null ? Infinity : hostAt + query.index;
}

/**
 * Gives the position of a query that has a value, with or without a URL before it.
 *
 * @returns Infinity if there is none
 */
function queryWithValue(word: string): number {
  const query = /\?|%(?:25)*3F/i.exec(word);
  return query !== null && ASSIGNMENT.test(word.slice(query.index)) ? query.index : Infinity;
}

function toOrigin(word: string): string {
  const url = URL_BEGIN.exec(word);
  if (url !== null) {
    const hostAt = url.index + url[0].length;
    const end = HOST_END.exec(word.slice(hostAt));
    return end === null ? word : `${word.slice(0, hostAt + end.index)}/***`;
  }
  const [first, second] = word.matchAll(SLASHES);
  if (first === undefined || first.index + first[0].length === word.length) return word;
  const before = word.slice(0, first.index);
  return second !== undefined || BEFORE_PATH.test(before) ? `${before}/***` : word;
}
