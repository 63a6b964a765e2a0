/** Number of bytes at the start of a file that decide if it is text. */
const SAMPLE_BYTES = 65_536;
/** Least share of zeros among the high bytes of western text in UTF-16. */
const ZERO_SHARE = 0.8;

/** Tells if the bytes are text in any encoding. */
export function isText(bytes: Uint8Array): boolean {
  return isTextOfBytes(bytes) || utf16Of(bytes) !== undefined;
}

/** Tells if the bytes are text in an encoding of bytes: if they have no control characters that text does not have. */
export function isTextOfBytes(bytes: Uint8Array): boolean {
  return !bytes.subarray(0, SAMPLE_BYTES).some(isBinary);
}

/**
 * Decodes text for a first look at it: as Unicode, else as Windows-1252. Returns `undefined` if the bytes are no text.
 */
export function decodeBytes(bytes: Uint8Array): string | undefined {
  if (!isText(bytes)) return undefined;
  return decodeUnicode(bytes) ?? new TextDecoder('windows-1252').decode(bytes);
}

/** Decodes UTF-16 and UTF-8. Returns `undefined` for bytes in another encoding. */
export function decodeUnicode(bytes: Uint8Array): string | undefined {
  const utf16 = utf16Of(bytes);
  if (utf16 !== undefined) return new TextDecoder(utf16).decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Returns the kind of UTF-16, which its byte order mark tells, or the zeros of western text; `undefined` for other bytes. */
function utf16Of(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  const sample = bytes.subarray(0, SAMPLE_BYTES);
  const high = sample.filter((_, at) => at % 2 === 0);
  const low = sample.filter((_, at) => at % 2 === 1);
  if (isHighHalf(high) && !low.some(isBinary)) return 'utf-16be';
  if (isHighHalf(low) && !high.some(isBinary)) return 'utf-16le';
  return undefined;
}

/** Tells if these are the high bytes of western text in UTF-16: most are zero. */
function isHighHalf(bytes: Uint8Array): boolean {
  const zeros = bytes.reduce((count, byte) => count + (byte === 0 ? 1 : 0), 0);
  return bytes.byteLength > 1 && zeros >= ZERO_SHARE * bytes.byteLength;
}

/**
 * Tells if a byte does not occur in text. Of the control characters, tab, line feed, form feed, carriage return and
 * escape do.
 */
function isBinary(byte: number): boolean {
  return byte < 32 && byte !== 9 && byte !== 10 && byte !== 12 && byte !== 13 && byte !== 27;
}
