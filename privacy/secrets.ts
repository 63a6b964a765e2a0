import { decodeText, readingsOf, type DecodedText } from './decoded-text';

/** A value that no text may contain. Build it with {@link keySecrets} or {@link urlSecrets}. */
export interface Secret {
  /** Decoded value. */
  readonly text: string;
  /**
   * Number of leading characters that are enough to recognise the value, because a text may contain only its beginning.
   */
  readonly atLeast: number;
}

/** Shortest key that is searched for. A shorter key is not a real key, and could be an ordinary word of a message. */
const MIN_KEY_LENGTH = 8;
/** Shortest password that is searched for. */
const MIN_PASSWORD_LENGTH = 4;
/** Shortest part of a URL that is searched for alone. A shorter part could be an ordinary word of a message. */
const MIN_PART_LENGTH = 6;
/** Number of leading characters by which a longer value is recognised. */
const BEGINNING_LENGTH = 16;
const BITS_PER_BYTE = 8;
const BITS_PER_BASE64_CHARACTER = 6;

/** Gives the forms in which a text may contain an API key: plain, and inside base64. */
export function keySecrets(key: string): Secret[] {
  return key.length < MIN_KEY_LENGTH ? [] : encodedForms(key);
}

/** Gives the forms in which a text may contain the password of a document: plain, and inside base64. */
export function passwordSecrets(password = ''): Secret[] {
  return password.length < MIN_PASSWORD_LENGTH ? [] : encodedForms(password);
}

function encodedForms(value: string): Secret[] {
  return [value, ...base64Forms(value)].map((form) => toSecret(form));
}

/**
 * Gives the forms in which a text may contain a URL: complete; without its scheme; its path and query together and each
 * alone; and each value of its query. The host alone is not a secret.
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
  return [toSecret(url, beyondOrigin), ...located, ...partSecrets(parts, search)];
}

/**
 * Gives the forms in which a text may contain the query of a URL that is not secret itself: the complete query, and
 * each value.
 */
export function querySecrets(url: string): Secret[] {
  if (!URL.canParse(url)) return [];
  const { search, hash } = new URL(url);
  return partSecrets([search.slice(1), hash.slice(1)], search);
}

/** Replaces the secrets in a text by `***`, in any encoding. */
export function hideSecrets(original: string, secrets: readonly Secret[]): string {
  if (secrets.length === 0 || original === '') return original;
  const spans = readingsOf(original).flatMap((reading) =>
    secrets.flatMap((secret) => occurrences(reading.text, secret).map((span) => toOriginal(span, reading))),
  );
  if (spans.length === 0) return original;
  spans.sort((one, other) => one.from - other.from);
  let hidden = '';
  let at = 0;
  for (const { from, to } of spans) {
    // Overlapping occurrences count as one.
    if (from >= at) hidden += `${original.slice(at, from)}***`;
    at = Math.max(at, to);
  }
  return hidden + original.slice(at);
}

interface Span {
  readonly from: number;
  readonly to: number;
}

function toOriginal({ from, to }: Span, { starts, ends }: DecodedText): Span {
  return { from: starts[from] ?? 0, to: ends[to - 1] ?? 0 };
}

/** Finds each occurrence of the secret or of its beginning. Overlapping occurrences count as one. */
function occurrences(text: string, { text: secret, atLeast }: Secret): Span[] {
  const first = secret === '' ? -1 : text.indexOf(secret.slice(0, atLeast));
  if (first < 0) return [];
  const found: { from: number; to: number }[] = [];
  const lengths = matchLengths(secret, text.slice(first));
  for (const [index, length] of lengths.entries()) {
    if (length < atLeast) continue;
    const from = first + index;
    const last = found.at(-1);
    if (last !== undefined && from < last.to) last.to = Math.max(last.to, from + length);
    else found.push({ from, to: from + length });
  }
  return found;
}

/**
 * Gives for each position of the text the number of characters of the secret's beginning at that position (the
 * Z-algorithm). The time grows only with the sum of both lengths, also for a text that repeats the beginning of the
 * secret many times.
 */
function matchLengths(secret: string, text: string): Int32Array {
  // Neither text contains the separator, because both are decoded to bytes.
  const joined = `${secret}\uFFFF${text}`;
  const lengths = new Int32Array(joined.length);
  let left = 0;
  let right = 0;
  for (let at = 1; at < joined.length; at += 1) {
    let length = at < right ? Math.min(right - at, lengths[at - left] ?? 0) : 0;
    while (joined[at + length] === joined[length]) length += 1;
    if (at + length > right) [left, right] = [at, at + length];
    lengths[at] = length;
  }
  return lengths.subarray(secret.length + 1);
}

function toSecret(value: string, atLeast = BEGINNING_LENGTH): Secret {
  return ofDecoded(decodeText(value).text, atLeast);
}

function ofDecoded(text: string, atLeast = BEGINNING_LENGTH): Secret {
  return { text, atLeast: Math.min(text.length, atLeast) };
}

/**
 * Gives the secrets among the parts and the values of a query. Each value also counts with blanks instead of plus
 * signs, and with plus signs instead of blanks, because a form writes a blank as a plus sign.
 */
function partSecrets(parts: readonly string[], search: string): Secret[] {
  const values = search
    .slice(1)
    .split('&')
    .map((pair) => decodeText(pair.slice(pair.indexOf('=') + 1)).text)
    .flatMap((value) => [value, value.replaceAll('+', ' '), value.replaceAll(' ', '+')]);
  const all = new Set([...parts.map((part) => decodeText(part).text), ...values]);
  return [...all].filter((text) => text.length >= MIN_PART_LENGTH).map((text) => ofDecoded(text));
}

/**
 * Gives the base64 characters of the key inside an encoded text. There are three forms, because base64 encodes three
 * bytes as four characters, and the key can begin at any of the three. Characters that also depend on the text next to
 * the key are left out.
 */
function base64Forms(key: string): string[] {
  // `btoa` takes bytes, as characters of the same numbers.
  const bytes = String.fromCharCode(...new TextEncoder().encode(key));
  return [0, 1, 2].map((before) => {
    const encoded = btoa(' '.repeat(before) + bytes);
    const from = Math.ceil((before * BITS_PER_BYTE) / BITS_PER_BASE64_CHARACTER);
    const to = Math.floor(((before + bytes.length) * BITS_PER_BYTE) / BITS_PER_BASE64_CHARACTER);
    return encoded.slice(from, to);
  });
}
