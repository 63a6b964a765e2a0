import type { Batch } from './run-store';
import { timestamp } from './timestamp';

/** Returns the object of a batch. */
export function batchObject({ id, runIds, createdAtMs }: Batch, status: string): object {
  return { object: 'batch_run', id, status, runCount: runIds.length, createdAt: timestamp(createdAtMs) };
}
