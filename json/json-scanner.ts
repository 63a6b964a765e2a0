/** Path of a value: names of members and positions in arrays, from the root. */
export type JsonPath = readonly (string | number)[];

/** Settings of {@link JsonScanner}: the functions that it calls for values. */
export interface JsonScannerOptions {
  /**
   * Length of the longest path that is reported. Deeper values are checked, but not reported. It may grow while the text
   * arrives; values that begin later are then reported down to the new depth.
   */
  depth: number;
  /**
   * Called when a value begins. `at` is the offset of its first byte. `first` is that byte, which shows the kind of the
   * value.
   */
  readonly onStart?: (path: JsonPath, at: number, first: number) => void;
  /** Called when a value has ended. `at` is the offset after its last byte. */
  readonly onEnd?: (path: JsonPath, at: number) => void;
}

/** Error of a text that is not JSON, or ends too early. */
export class JsonSyntaxError extends Error {
  override readonly name = 'JsonSyntaxError';
}

type Expected = 'value' | 'valueOrEnd' | 'key' | 'keyOrEnd' | 'colon' | 'commaOrEnd' | 'nothing';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const UNICODE = 0x75;
const codesOf = (text: string) => new Set(Array.from(text, (character) => character.charCodeAt(0)));
const ESCAPABLE = codesOf('"\\/bfnrtu');
const HEX_DIGITS = codesOf('0123456789abcdefABCDEF');
/** 1 for each byte that stands for itself in a string, else 0. */
const PLAIN = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte === QUOTE || byte === BACKSLASH || byte < 0x20 ? 0 : 1,
);
const DELIMITERS = codesOf(',:{}[]"');
const WHITE_SPACE = new Set([0x20, 0x09, 0x0a, 0x0d]);
const BARE_VALUE = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/;
/** Longest number, and longest part of a member name, that is checked. */
const MAX_TOKEN_LENGTH = 1_000;
/** Number of digits after `\u`. */
const HEX_LENGTH = 4;
/** Largest number of levels. Each level uses some bytes of memory until it ends. */
const MAX_NESTING = 1_000_000;
/** Byte order mark. It is allowed before the text, as in text decoders. */
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/**
 * Scanner that reads JSON of any size while it arrives, and reports where values begin and end. It holds no values, so
 * its memory grows neither with the number of values nor with the length of a string. A parser that creates values
 * could not do that.
 *
 * The scanner checks the grammar. It does not check that the text is valid UTF-8.
 *
 * @throws JsonSyntaxError from `write` or `end`.
 */
export class JsonScanner {
  readonly #options: JsonScannerOptions;
  /** Closing brackets that are still missing. */
  readonly #closers: ('}' | ']')[] = [];
  readonly #path: (string | number)[] = [];
  #expected: Expected = 'value';
  #offset = 0;
  /** Number of bytes of the byte order mark that were read. */
  #markBytes = 0;
  /** Kind of the current token. `#text` holds its bytes, if they are needed. */
  #token: 'none' | 'string' | 'key' | 'bare' = 'none';
  #escaped = false;
  /** Number of digits of a `\u` that are still missing. */
  #hexLeft = 0;
  #text: number[] = [];

  constructor(options: JsonScannerOptions) {
    this.#options = options;
  }

  /** Reads the next bytes. */
  write(part: Uint8Array): void {
    let index = this.#skipMark(part);
    while (index < part.length) {
      const plain = this.#token === 'string' && !this.#escaped && this.#hexLeft === 0 ? plainLength(part, index) : 0;
      index += plain;
      this.#offset += plain;
      if (index === part.length) return;
      const byte = part[index] as number;
      if (this.#token === 'string' || this.#token === 'key') this.#inString(byte);
      else this.#outsideString(byte);
      index++;
      this.#offset++;
    }
  }

  /**
   * Skips the byte order mark, which may be divided between parts.
   *
   * @returns number of bytes of this part that belong to it
   */
  #skipMark(part: Uint8Array): number {
    let index = 0;
    const isMark = () => part[index] === BYTE_ORDER_MARK[this.#markBytes] && this.#offset === this.#markBytes;
    for (; index < part.length && isMark(); index++) {
      this.#markBytes++;
      this.#offset++;
    }
    const isHalf = this.#markBytes > 0 && this.#markBytes < BYTE_ORDER_MARK.length;
    if (isHalf && index < part.length) throw this.#error('half a byte order mark');
    return index;
  }

  /** Ends the text. */
  end(): void {
    if (this.#token === 'bare') this.#endBare();
    if (this.#expected !== 'nothing') throw this.#error('the text ends too early');
  }

  #inString(byte: number): void {
    if (this.#hexLeft > 0) {
      if (!HEX_DIGITS.has(byte)) throw this.#error('a wrong escape');
      this.#hexLeft--;
    } else if (this.#escaped) {
      if (!ESCAPABLE.has(byte)) throw this.#error('a wrong escape');
      this.#escaped = false;
      if (byte === UNICODE) this.#hexLeft = HEX_LENGTH;
    } else if (byte === QUOTE) {
      this.#endString();
      return;
    } else if (byte === BACKSLASH) this.#escaped = true;
    else if (byte < 0x20) throw this.#error('a control character in a string');
    if (this.#token === 'key') this.#keep(byte);
  }

  #outsideString(byte: number): void {
    const isSpace = WHITE_SPACE.has(byte);
    const isDelimiter = isSpace || DELIMITERS.has(byte);
    if (this.#token === 'bare') {
      if (!isDelimiter) return this.#keep(byte);
      this.#endBare();
    }
    if (isSpace) return;
    if (!isDelimiter) return this.#startBare(byte);
    if (byte === QUOTE) return this.#startString();
    this.#punctuation(String.fromCharCode(byte));
  }

  #punctuation(character: string): void {
    if (character === '{' || character === '[') return this.#open(character);
    if (character === '}' || character === ']') return this.#close(character);
    if (character === ':' && this.#expected === 'colon') {
      this.#expected = 'value';
      return;
    }
    if (character !== ',' || this.#expected !== 'commaOrEnd') throw this.#error(`'${character}'`);
    this.#expected = this.#closers.at(-1) === '}' ? 'key' : 'value';
    const position = this.#path.at(-1);
    if (typeof position === 'number') this.#path[this.#path.length - 1] = position + 1;
  }

  #open(character: '{' | '['): void {
    this.#startValue(character.charCodeAt(0));
    if (this.#closers.length === MAX_NESTING) throw this.#error('a nesting that is too deep');
    const isObject = character === '{';
    this.#closers.push(isObject ? '}' : ']');
    this.#path.push(isObject ? '' : 0);
    this.#expected = isObject ? 'keyOrEnd' : 'valueOrEnd';
  }

  #close(character: '}' | ']'): void {
    const allowed =
      this.#expected === 'commaOrEnd' || this.#expected === (character === '}' ? 'keyOrEnd' : 'valueOrEnd');
    if (!allowed || this.#closers.pop() !== character) throw this.#error(`'${character}'`);
    this.#path.pop();
    this.#endValue(this.#offset + 1);
  }

  #startString(): void {
    const isKey = this.#expected === 'key' || this.#expected === 'keyOrEnd';
    if (!isKey) this.#startValue(QUOTE);
    this.#token = isKey ? 'key' : 'string';
    this.#text = [];
  }

  #endString(): void {
    const isKey = this.#token === 'key';
    this.#token = 'none';
    if (!isKey) return this.#endValue(this.#offset + 1);
    if (this.#path.length <= this.#options.depth) this.#path[this.#path.length - 1] = this.#keyText();
    this.#expected = 'colon';
  }

  #keyText(): string {
    const text = new TextDecoder().decode(Uint8Array.from(this.#text));
    if (this.#text.length === MAX_TOKEN_LENGTH) return text;
    try {
      return JSON.parse(`"${text}"`) as string;
    } catch {
      throw this.#error('a wrong member name');
    }
  }

  #startBare(byte: number): void {
    this.#startValue(byte);
    this.#token = 'bare';
    this.#text = [byte];
  }

  #endBare(): void {
    this.#token = 'none';
    // The message does not repeat the text, which may be the document's text.
    if (!BARE_VALUE.test(String.fromCharCode(...this.#text))) throw this.#error('a word');
    this.#endValue(this.#offset);
  }

  #startValue(first: number): void {
    if (this.#expected !== 'value' && this.#expected !== 'valueOrEnd') throw this.#error('a value');
    if (this.#path.length <= this.#options.depth) this.#options.onStart?.(this.#path, this.#offset, first);
  }

  #endValue(at: number): void {
    this.#expected = this.#closers.length === 0 ? 'nothing' : 'commaOrEnd';
    if (this.#path.length <= this.#options.depth) this.#options.onEnd?.(this.#path, at);
  }

  #keep(byte: number): void {
    if (this.#text.length < MAX_TOKEN_LENGTH) this.#text.push(byte);
    else if (this.#token === 'bare') throw this.#error('a number that is too long');
  }

  #error(what: string): JsonSyntaxError {
    return new JsonSyntaxError(`${what}, where ${this.#expected} was expected, at byte ${this.#offset}`);
  }
}

/**
 * Counts the bytes of a string that stand for themselves, up to the next escape or the end. Most bytes of a document
 * do, so it looks at four of them at a time, which takes less than half the time.
 */
function plainLength(part: Uint8Array, from: number): number {
  let index = from;
  while (index + 3 < part.length) {
    const four = isPlain(part, index) & isPlain(part, index + 1) & isPlain(part, index + 2) & isPlain(part, index + 3);
    if (four === 0) break;
    index += 4;
  }
  while (index < part.length && isPlain(part, index) === 1) index++;
  return index - from;
}

/** 1 if the byte stands for itself in a string, else 0. */
function isPlain(part: Uint8Array, index: number): number {
  return PLAIN[part[index] as number] as number;
}
