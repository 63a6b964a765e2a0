import { decodeText } from './decoded-text';

/** A value that no text may hold. Build it with {@link keySecrets} or {@link urlSecrets}. */
export interface Secret {
  /** The value, decoded. */
  readonly text: string;
  /** Leading characters that are enough to recognise the value, since a text may hold only the beginning of it. */
  readonly atLeast: number;
}

/** A shorter key is no real one; it could be an ordinary word of a message. */
const MIN_KEY_LENGTH = 8;
/** A shorter part of a URL is not searched for alone, since it could be an ordinary word of a message. */
const MIN_PART_LENGTH = 6;
/** So much of a longer value is recognised as the beginning of the value. */
const BEGINNING_LENGTH = 16;
const BITS_PER_BYTE = 8;
const BITS_PER_BASE64_CHARACTER = 6;

/** What an API key looks like in a text: as it is, and inside base64. */
export function keySecrets(key: string): Secret[] {
  return key.length < MIN_KEY_LENGTH ? [] : [key, ...base64Forms(key)].map((form) => toSecret(form));
}

/**
 * What a URL looks like in a text: whole, without its scheme, its path and query, each alone, and each value of its query.
 * The host alone is no secret.
 */
export function urlSecrets(url: string): Secret[] {
  if (!URL.canParse(url)) return [toSecret(url)];
  const { protocol, hostname, host, port, pathname, search, hash, username, password } = new URL(url);
  const rest = `${pathname}${search}${hash}`;
  const defaultPort = protocol === 'https:' ? '443' : '80';
  const hosts = new Set([host, `${hostname}:${port === '' ? defaultPort : port}`]);
  const beyondOrigin = `${protocol}//${host}/`.length + MIN_PART_LENGTH;
  const located = [...hosts].flatMap((name) => [
    toSecret(`${protocol}//${name}${rest}`, `${protocol}//${name}/`.length + MIN_PART_LENGTH),
    toSecret(`${name}${rest}`, `${name}/`.length + MIN_PART_LENGTH),
  ]);
  const path = pathname.replace(/^\/+/, '');
  const parts = [`${path}${search}${hash}`, path, search.slice(1), hash.slice(1), username, password];
  const alone = [...parts, ...queryValues(search)].filter((part) => decodeText(part).text.length >= MIN_PART_LENGTH);
  return [toSecret(url, beyondOrigin), ...located, ...alone.map((part) => toSecret(part))];
}

/** What the query of a URL looks like in a text: whole, and each value. For a URL that is itself no secret. */
export function querySecrets(url: string): Secret[] {
  if (!URL.canParse(url)) return [];
  const { search, hash } = new URL(url);
  const parts = [search.slice(1), hash.slice(1), ...queryValues(search)];
  return parts.filter((part) => decodeText(part).text.length >= MIN_PART_LENGTH).map((part) => toSecret(part));
}

/** Replaces the secrets in a text by `***`, in whatever encoding they are. */
export function hideSecrets(original: string, secrets: readonly Secret[]): string {
  if (secrets.length === 0 || original === '') return original;
  const { text, starts, ends } = decodeText(original);
  const spans = secrets.flatMap((secret) => occurrences(text, secret));
  if (spans.length === 0) return original;
  spans.sort((one, other) => one.from - other.from);
  let hidden = '';
  let at = 0;
  for (const { from, to } of spans) {
    const start = starts[from] ?? 0;
    const end = ends[to - 1] ?? 0;
    // Overlapping occurrences are one.
    if (start >= at) hidden += `${original.slice(at, start)}***`;
    at = Math.max(at, end);
  }
  return hidden + original.slice(at);
}

interface Span {
  readonly from: number;
  readonly to: number;
}

function occurrences(text: string, { text: secret, atLeast }: Secret): Span[] {
  const beginning = secret.slice(0, atLeast);
  const found: Span[] = [];
  for (let from = text.indexOf(beginning); from >= 0;) {
    let length = beginning.length;
    while (length < secret.length && text[from + length] === secret[length]) length += 1;
    found.push({ from, to: from + length });
    from = text.indexOf(beginning, from + length);
  }
  return found;
}

function toSecret(value: string, atLeast = BEGINNING_LENGTH): Secret {
  const { text } = decodeText(value);
  return { text, atLeast: Math.min(text.length, atLeast) };
}

/** Each value as it stands there, and with its plus signs as the blanks that they mean. */
function queryValues(search: string): string[] {
  return search
    .slice(1)
    .split('&')
    .map((pair) => pair.slice(pair.indexOf('=') + 1))
    .flatMap((value) => (value.includes('+') ? [value, value.replaceAll('+', ' ')] : [value]));
}

/**
 * The characters of base64 that a text has wherever the key stands in what was encoded: there are three cases, since
 * three bytes are four characters. Characters that also depend on the neighbours of the key are left out.
 */
function base64Forms(key: string): string[] {
  return [0, 1, 2].map((before) => {
    const encoded = btoa(' '.repeat(before) + key);
    const from = Math.ceil((before * BITS_PER_BYTE) / BITS_PER_BASE64_CHARACTER);
    const to = Math.floor(((before + key.length) * BITS_PER_BYTE) / BITS_PER_BASE64_CHARACTER);
    return encoded.slice(from, to);
  });
}
