import { hash, randomBytes } from 'node:crypto';

/** Number of characters after the prefix of an id, as in the ids that Extend's documentation shows. */
const ID_LENGTH = 21;

/** Beginnings of ids. The API's versions name runs differently. */
export type IdPrefix = 'parser_run_' | 'pr_' | 'bpr_' | 'file_' | 'req_' | 'wh_' | 'event_';

/** Creates a random id: the prefix and 21 URL-safe characters. */
export function createId(prefix: IdPrefix): string {
  return prefix + randomBytes(16).toString('base64url').slice(0, ID_LENGTH);
}

/** Returns a block's id: a hash of its type and content, so that equal blocks have the same id. */
export function blockId(type: string, content: string): string {
  // One call without a hash object is faster, and a document can have millions of blocks.
  return `block_${hash('sha256', `${type}\0${content}`, 'base64url').slice(0, ID_LENGTH)}`;
}
