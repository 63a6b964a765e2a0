import { toPlainText } from './plain-text';

/** Longest text from outside that is carried in a message; the rest is cut. */
const MAX_TEXT_LENGTH = 500;
/**
 * Texts are cut to this length, at white space, before anything else is done with them. `http/` reads more than this of an
 * error answer, so this cut is always the last one.
 */
const MAX_READ_LENGTH = 4_096;

/** A slash: as it is, in a JSON string, percent-encoded, in HTML. */
const SLASH = String.raw`(?:\\?\/|%(?:25)*2F|&#x2F;|&#47;|\\u002F)`;
/** The beginning of a URL up to its host, in the middle of a word. */
const URL_BEGIN = new RegExp(`(?::|%(?:25)*3A)${SLASH}${SLASH}`, 'i');
const SLASHES = new RegExp(SLASH, 'gi');
const HOST_END = new RegExp(`${SLASH}|[?#]|%(?:25)*(?:3F|23)`, 'i');
const QUERY_BEGIN = /[?#]|%(?:25)*(?:3F|23)/i;
/** A query without a URL before it has a name and a value. */
const ASSIGNMENT = /=|%(?:25)*3D/i;
/** The part of a word before a path: nothing, punctuation, or a host with a dot or a port. */
const BEFORE_PATH = /(?:^|[^\w.]|\w\.[\w-]+|:\d+)$/;

/**
 * Takes secrets out of a text that may reach a log, an error or a history, by their shape: the query, fragment and
 * credentials of every URL, queries and session ids without one, values of `token=…` and the like, `Bearer` and `Basic`
 * tokens, keys of Extend (`sk_…`, `wss_…`), of others (`sk-…`) and of AWS (`AKIA…`). It also removes control and
 * bidirectional characters, and cuts what is longer than 500 characters.
 *
 * A query is taken to reach to the next white space: quotes may be part of one, and too much is better than too little.
 * Secrets of other shapes are known by their value only: see `createRedactor`.
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
 * Reduces each URL in a text to its origin, and each path to its beginning: for texts that may repeat a secret URL that the
 * reader of the text does not know. Words with one slash, such as `application/pdf`, are kept.
 */
export function reduceUrls(text: string): string {
  return cutToReadable(text).replace(/\S+/g, toOrigin);
}

/**
 * Cuts a text to the length that is looked at, at white space where there is any: a secret that is cut in two would not
 * be recognised.
 */
export function cutToReadable(text: string): string {
  if (text.length <= MAX_READ_LENGTH) return text;
  const start = text.slice(0, MAX_READ_LENGTH);
  const lastWord = /\s(?=\S*$)/.exec(start.slice(-MAX_TEXT_LENGTH));
  return lastWord === null ? start : start.slice(0, MAX_READ_LENGTH - MAX_TEXT_LENGTH + lastWord.index);
}

/** A few searches per word, and not one per `://`: the time grows with the length of the text only. */
function withoutQuery(word: string): string {
  const at = Math.min(queryOfUrl(word), queryWithValue(word));
  return at === Infinity ? word : `${word.slice(0, at)}?***`;
}

/** Position of the query or fragment of the first URL. @returns Infinity where there is none */
function queryOfUrl(word: string): number {
  const url = URL_BEGIN.exec(word);
  if (url === null) return Infinity;
  const hostAt = url.index + url[0].length;
  const query = QUERY_BEGIN.exec(word.slice(hostAt));
  return query === null ? Infinity : hostAt + query.index;
}

/** Position of a query that has a value, whatever is before it. @returns Infinity where there is none */
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
