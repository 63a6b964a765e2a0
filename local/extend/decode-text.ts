/** Bytes at the front that decide whether a file is text. */
const SAMPLE_BYTES = 65_536;

/**
 * The bytes as text: by their byte order mark, else as UTF-8, else as Windows-1252. `undefined` if they are no text,
 * which shows by control characters that text does not have.
 */
export function decodeText(bytes: Uint8Array): string | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  if (bytes.subarray(0, SAMPLE_BYTES).some(isBinary)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

/** Tab, line feed, form feed, carriage return and escape do occur in text. */
function isBinary(byte: number): boolean {
  return byte < 32 && byte !== 9 && byte !== 10 && byte !== 12 && byte !== 13 && byte !== 27;
}
