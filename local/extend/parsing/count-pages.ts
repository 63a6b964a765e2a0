import type { Chunk } from '../../../contract/extend/parse-api';
import type { DocumentFormat } from '../parser-task';
import type { ParsedPage } from './parsed-document';

/** Tokens of a page of a spreadsheet, by which the API estimates pages. */
const TOKENS_PER_PAGE = 1000;
/** Characters of a token: the usual rule of thumb for English. The API does not document how it counts. */
const CHARACTERS_PER_TOKEN = 4;

/**
 * Returns the number of pages that the API counts and bills. For spreadsheets and CSV the API estimates it by the volume
 * of the content, about 1,000 tokens a page, as the vendor's Python SDK documents.
 */
export function countPages(format: DocumentFormat, pages: readonly ParsedPage[], chunks: readonly Chunk[]): number {
  if ((format !== 'spreadsheet' && format !== 'csv') || pages.length === 0) return pages.length;
  const characters = chunks.reduce((sum, { content }) => sum + content.length, 0);
  return Math.max(1, Math.ceil(characters / CHARACTERS_PER_TOKEN / TOKENS_PER_PAGE));
}
