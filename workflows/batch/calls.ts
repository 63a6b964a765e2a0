import { proxyActivities, type ActivityOptions } from '@temporalio/workflow';
import type { BatchActivities } from '../../activities/types';
import { RETRY } from '../activity-calls';

const PREPARE_MS = 3_600_000;
const STORE_MS = 300_000;
const WATCH_MS = 120_000;
const HEARTBEAT_MS = 30_000;

/** Calls `prepareBatch`. Transient errors are retried without limit, because a batch has no deadline. */
export function prepareCall(): Pick<BatchActivities, 'prepareBatch'> {
  return proxy({ summary: 'prepare', startToCloseTimeout: PREPARE_MS });
}

/** Calls `readBatchPage` and `writeOutcomes`. Each is retried until the store has done it or refuses it. */
export function storeCall(summary: string): Pick<BatchActivities, 'readBatchPage' | 'writeOutcomes'> {
  return proxy({ summary, startToCloseTimeout: STORE_MS });
}

/** Calls `followDocuments` and `cancelDocuments`. Each is retried without limit. */
export function watchCall(summary: string): Pick<BatchActivities, 'followDocuments' | 'cancelDocuments'> {
  return proxy({ summary, startToCloseTimeout: WATCH_MS });
}

function proxy(options: ActivityOptions): BatchActivities {
  return proxyActivities<BatchActivities>({ retry: RETRY, heartbeatTimeout: HEARTBEAT_MS, ...options });
}
