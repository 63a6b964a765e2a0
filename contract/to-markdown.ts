import type { ParseResult } from './result';

/**
 * The markdown of a document: the contents of the chunks, in order, with a blank line between them. Empty for a document
 * without content.
 *
 * @throws TypeError for a stored result, which has no chunks in it: read those with `readChunks` of `ParseClient`
 */
export function toMarkdown({ output }: Pick<ParseResult, 'output'>): string {
  if (output.kind !== 'inline')
    throw new TypeError('toMarkdown needs an inline result: read a stored one by readChunks');
  const contents = output.chunks.map(({ content }) => content.trim()).filter(Boolean);
  return contents.length === 0 ? '' : `${contents.join('\n\n')}\n`;
}
