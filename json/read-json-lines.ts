import { linesOf } from './lines-of';

/**
 * Reads JSON Lines as they arrive, and gives one value per line. Lines of any length are read.
 *
 * @throws SyntaxError for a line that is not JSON, a blank line included.
 */
export async function* readJsonLines(parts: AsyncIterable<Uint8Array>): AsyncGenerator<unknown, void> {
  const decoder = new TextDecoder();
  for await (const { bytes } of linesOf(parts, Number.POSITIVE_INFINITY)) yield JSON.parse(decoder.decode(bytes));
}
