import { activityInfo } from '@temporalio/activity';
import { createHash } from 'node:crypto';
import type { BatchLocation } from '../types';

const MAX_READABLE_LENGTH = 60;
const HASH_LENGTH = 16;

/**
 * The directory of a batch in the result store. Its name holds the batch's workflow id, with the characters that every
 * store accepts, and a hash, so that two batches never share a directory.
 */
export function batchDirectory(namespace: string, workflowId: string): string {
  const readable = workflowId.replace(/[^\w-]/g, '_').slice(0, MAX_READABLE_LENGTH);
  const hash = createHash('sha256')
    .update(JSON.stringify([namespace, workflowId]))
    .digest('hex')
    .slice(0, HASH_LENGTH);
  return `batches/${readable}-${hash}`;
}

/** Name of a page, relative to the location of the execution. */
export const pageName = (page: number): string => `pages/${page}.jsonl`;

/** URIs of the first `count` pages. */
export function pageUris({ uri }: BatchLocation, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${uri}/${pageName(index + 1)}`);
}

/** Name of a segment of outcomes, relative to the location of the execution. */
export const segmentName = (segment: number): string => `outcomes/${segment}.jsonl`;

/** The location of another execution of the same batch. */
export function siblingLocation({ directory, uri }: BatchLocation, startId: string): BatchLocation {
  return { directory: `${parentOf(directory)}/${startId}`, uri: `${parentOf(uri)}/${startId}` };
}

/** Name and URI of the note that tells which execution of the batch was the latest. */
export function noteLocation({ directory, uri }: BatchLocation): { readonly name: string; readonly uri: string } {
  return { name: `${parentOf(directory)}/latest.jsonl`, uri: `${parentOf(uri)}/latest.jsonl` };
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

/** Workflow id of the batch that called the activity. */
export function batchId(): string {
  return activityInfo().workflowExecution?.workflowId ?? '';
}
