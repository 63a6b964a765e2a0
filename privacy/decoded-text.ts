/** A decoded text, with the position of each character in the original text. */
export interface DecodedText {
  /** Decoded text in lower case. A character beyond ASCII is written as the bytes of its UTF-8. */
  readonly text: string;
  /** Position of each character in the original. */
  readonly starts: readonly number[];
  /** Position after each character in the original. */
  readonly ends: readonly number[];
}

/** Number of encodings inside each other that are decoded. */
const MAX_PASSES = 8;

/** One encoded character of a URL, of a JSON or JavaScript string, or of HTML. The text is in lower case. */
const ENCODED =
  /%([0-9a-f]{2})|\\u([0-9a-f]{4})|\\u\{0*([0-9a-f]{1,6})\}|\\x([0-9a-f]{2})|\\([/"'\\nrt])|&#0*(\d{1,7});?|&#x0*([0-9a-f]{1,6});?|&(amp|lt|gt|quot|apos);/g;

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
/** Escapes of line breaks and tabs. These characters are ignored, so the escapes decode to nothing. */
const ESCAPES: Readonly<Record<string, string>> = { n: '', r: '', t: '' };
const MAX_CODE_POINT = 0x10_ff_ff;

/**
 * Characters that are ignored, because they do not change the meaning of a text: line breaks, as in a mail, and
 * characters without a width.
 */
const IGNORED = /[\p{Cc}\p{Default_Ignorable_Code_Point}\u2028\u2029]/u;
/** Control characters. All other characters of {@link IGNORED} have more than one byte. */
const CONTROL_BYTE = /[\0-\x1F\x7F]/;
/** An HTML tag, or white space. */
const TAG_OR_SPACE = /<[^<>]*>|\s+/g;

/**
 * Gives the readings of a text: unchanged, decoded, and decoded without HTML tags and without line breaks and the
 * blanks next to them. A secret may be visible in only one of the readings: in `<secret>` it looks like a tag, and in
 * `%secret` its beginning looks like an encoding.
 */
export function readingsOf(original: string): readonly DecodedText[] {
  // Ignored characters replace the removed parts, so that all positions stay the same.
  const joined = original.replace(TAG_OR_SPACE, (part) => (/[<\r\n]/.test(part) ? '\0'.repeat(part.length) : part));
  const readings = [toBytes(original), decodeText(original)];
  return joined === original ? readings : [...readings, decodeText(joined)];
}

/**
 * Decodes a text completely. The text may mix percent encoding, JSON and HTML, also inside each other. Two texts with
 * the same meaning become equal, so that one can be searched for in the other.
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

/** Gives the UTF-8 of a character, as one character per byte. */
function bytesOf(character: string): string {
  return character < '\u0080' ? character : String.fromCharCode(...new TextEncoder().encode(character));
}

/** Decodes each encoded character once. @returns undefined if there is no encoded character */
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

function characterOf(match: RegExpMatchArray): string {
  const [, percent, unicode, point, hex, escaped, decimal, hexadecimal, entity] = match;
  if (percent !== undefined) return withoutControls(String.fromCharCode(Number.parseInt(percent, 16)));
  if (escaped !== undefined) return ESCAPES[escaped] ?? escaped;
  if (entity !== undefined) return ENTITIES[entity] ?? '';
  const code =
    decimal === undefined ? Number.parseInt(unicode ?? point ?? hex ?? hexadecimal ?? '0', 16) : Number(decimal);
  const character = code > MAX_CODE_POINT ? '' : String.fromCodePoint(code);
  return IGNORED.test(character) ? '' : bytesOf(character);
}

/** Removes a control character. A byte beyond ASCII is kept, because it is only a part of a character. */
function withoutControls(byte: string): string {
  return CONTROL_BYTE.test(byte) ? '' : byte;
}
