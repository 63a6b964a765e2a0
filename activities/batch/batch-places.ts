import { createHash } from 'node:crypto';
import type { BatchPlace } from '../types';

const MAX_READABLE_LENGTH = 60;
const HASH_LENGTH = 16;

/**
 * The directory of a batch in the result store: of the batch's workflow id, as far as any store takes it, and of a hash,
 * so that two batches never share one.
 */
export function batchDirectory(namespace: string, workflowId: string): string {
  const readable = workflowId.replace(/[^\w-]/g, '_').slice(0, MAX_READABLE_LENGTH);
  const hash = createHash('sha256')
    .update(JSON.stringify([namespace, workflowId]))
    .digest('hex')
    .slice(0, HASH_LENGTH);
  return `batches/${readable}-${hash}`;
}

/** Name of a page, below the place. */
export const pageName = (page: number): string => `pages/${page}.jsonl`;

/** URIs of the first pages of a place. */
export function pageUris({ uri }: BatchPlace, count: number): string[] {
  return Array.from({ length: count }, (_, at) => `${uri}/${pageName(at + 1)}`);
}

/** Name of a segment of outcomes, below the place. */
export const segmentName = (segment: number): string => `${OUTCOMES}/${segment}.jsonl`;

/** Directory of the outcomes, below the place. */
export const OUTCOMES = 'outcomes';

/** The place of another start of the same batch. */
export function siblingPlace({ directory, uri }: BatchPlace, startId: string): BatchPlace {
  const beside = (path: string) => `${path.slice(0, path.lastIndexOf('/'))}/${startId}`;
  return { directory: beside(directory), uri: beside(uri) };
}
