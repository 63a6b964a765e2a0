import { proxyActivities, type ActivityOptions } from '@temporalio/workflow';
import type { BatchActivities } from '../../activities/types';
import { RETRY } from '../activity-calls';

const PREPARE_MS = 3_600_000;
const STORE_MS = 300_000;
const LOOK_MS = 120_000;
const HEARTBEAT_MS = 30_000;

/** `prepareBatch`: repeated on transient errors, without end: a batch has no deadline. */
export function prepareCall(): Pick<BatchActivities, 'prepareBatch'> {
  return proxy({ summary: 'prepare', startToCloseTimeout: PREPARE_MS });
}

/** `readBatchPage` and `writeOutcomes`: repeated until the store does it, or refuses. */
export function storeCall(summary: string): Pick<BatchActivities, 'readBatchPage' | 'writeOutcomes'> {
  return proxy({ summary, startToCloseTimeout: STORE_MS });
}

/** `followDocuments` and `cancelDocuments`: repeated without end. */
export function lookCall(summary: string): Pick<BatchActivities, 'followDocuments' | 'cancelDocuments'> {
  return proxy({ summary, startToCloseTimeout: LOOK_MS });
}

function proxy(options: ActivityOptions): BatchActivities {
  return proxyActivities<BatchActivities>({ retry: RETRY, heartbeatTimeout: HEARTBEAT_MS, ...options });
}
