import { hash, randomBytes } from 'node:crypto';

/** Characters after the prefix of an id, as in the ids that Extend's documentation shows. */
const ID_LENGTH = 21;

/** A fresh id: the prefix and 21 URL-safe characters. */
export function createId(prefix: 'parser_run_' | 'file_' | 'req_'): string {
  return prefix + randomBytes(16).toString('base64url').slice(0, ID_LENGTH);
}

/** A block's id: a hash of its type and content, so that equal blocks share it. */
export function blockId(type: string, content: string): string {
  // One call, no hash object: a document can have millions of blocks.
  return `block_${hash('sha256', `${type}\0${content}`, 'base64url').slice(0, ID_LENGTH)}`;
}
