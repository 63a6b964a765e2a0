import { linesOf } from './lines-of';

/** Limit of one line, in bytes: more than any line that this package writes. */
const MAX_LINE_BYTES = 16_000_000;

/**
 * Reads JSON Lines as they arrive, and gives one value per line. Blank lines are ignored.
 *
 * @throws SyntaxError for a line that is not JSON or has more than 16 MB.
 */
export async function* readJsonLines(parts: AsyncIterable<Uint8Array>): AsyncGenerator<unknown, void> {
  const decoder = new TextDecoder();
  for await (const { number, bytes } of linesOf(parts, MAX_LINE_BYTES)) {
    if (bytes === undefined) throw new SyntaxError(`line ${number} has more than ${MAX_LINE_BYTES} bytes`);
    if (bytes.length > 0) yield JSON.parse(decoder.decode(bytes));
  }
}
