/** Number of bytes at the start of a file that decide if it is text. */
const SAMPLE_BYTES = 65_536;

/**
 * Decodes text by its byte order mark, else as UTF-8, else as Windows-1252. Returns `undefined` if the bytes are no
 * text: if they contain control characters that text does not have.
 */
export function decodeBytes(bytes: Uint8Array): string | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  if (bytes.subarray(0, SAMPLE_BYTES).some(isBinary)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

/**
 * Tells if a byte does not occur in text. Of the control characters, tab, line feed, form feed, carriage return and
 * escape do.
 */
function isBinary(byte: number): boolean {
  return byte < 32 && byte !== 9 && byte !== 10 && byte !== 12 && byte !== 13 && byte !== 27;
}
