/** A text with its encodings taken off, and where each of its characters came from. */
export interface DecodedText {
  /** In lower case; a character beyond ASCII is the bytes of its UTF-8. */
  readonly text: string;
  /** Position in the original of each character. */
  readonly starts: readonly number[];
  /** Position in the original behind each character. */
  readonly ends: readonly number[];
}

/** An encoding inside an encoding is decoded so many times. */
const MAX_PASSES = 8;

/** One encoded character: as of URLs, of JSON and JavaScript strings, of HTML. */
const ENCODED =
  /%([0-9a-f]{2})|\\u([0-9a-f]{4})|\\x([0-9a-f]{2})|\\([/"'\\])|&#(\d{1,4});|&#x([0-9a-f]{1,4});|&(amp|lt|gt|quot|apos);/g;

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** What a text has that its meaning does not depend on: line breaks of a mail, for instance. */
const IGNORED = /[\p{Cc}\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]/u;

/**
 * Decodes a text as far as it goes, whatever mixture of encodings it is in: percent, JSON, HTML, one inside the other.
 * Two texts that mean the same are then equal, so that one can be searched for in the other.
 */
export function decodeText(original: string): DecodedText {
  let decoded = toBytes(original);
  for (let pass = 0; pass < MAX_PASSES; pass += 1) {
    const next = decodeOnce(decoded);
    if (next === undefined) break;
    decoded = next;
  }
  return decoded;
}

function toBytes(original: string): DecodedText {
  let text = '';
  const starts: number[] = [];
  const ends: number[] = [];
  let at = 0;
  for (const character of original) {
    const end = at + character.length;
    const bytes = IGNORED.test(character) ? '' : bytesOf(character);
    text += bytes.toLowerCase();
    for (let index = 0; index < bytes.length; index += 1) {
      starts.push(at);
      ends.push(end);
    }
    at = end;
  }
  return { text, starts, ends };
}

/** The UTF-8 of a character, one character per byte. */
function bytesOf(character: string): string {
  return character < '\u0080' ? character : String.fromCharCode(...new TextEncoder().encode(character));
}

/** Decodes each encoded character once. @returns undefined where there is none */
function decodeOnce({ text, starts, ends }: DecodedText): DecodedText | undefined {
  let decoded = '';
  const from: number[] = [];
  const to: number[] = [];
  let at = 0;
  const copyTo = (end: number) => {
    decoded += text.slice(at, end);
    for (; at < end; at += 1) {
      from.push(starts[at] ?? 0);
      to.push(ends[at] ?? 0);
    }
  };
  for (const match of text.matchAll(ENCODED)) {
    copyTo(match.index);
    at = match.index + match[0].length;
    for (const byte of characterOf(match).toLowerCase()) {
      decoded += byte;
      from.push(starts[match.index] ?? 0);
      to.push(ends[at - 1] ?? 0);
    }
  }
  if (from.length === 0 && at === 0) return undefined;
  copyTo(text.length);
  return { text: decoded, starts: from, ends: to };
}

function characterOf([, percent, unicode, hex, escaped, decimal, hexadecimal, entity]: RegExpMatchArray): string {
  if (percent !== undefined) return String.fromCharCode(Number.parseInt(percent, 16));
  if (escaped !== undefined) return escaped;
  if (entity !== undefined) return ENTITIES[entity] ?? '';
  if (decimal !== undefined) return bytesOf(String.fromCharCode(Number(decimal)));
  return bytesOf(String.fromCharCode(Number.parseInt(unicode ?? hex ?? hexadecimal ?? '0', 16)));
}
