/**
 * Tells if a text is one word of printable ASCII characters. An HTTP header can carry only such an API key or workspace
 * id.
 */
export function isHeaderWord(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text);
}
