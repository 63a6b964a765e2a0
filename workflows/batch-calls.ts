import {
  ChildWorkflowCancellationType,
  ParentClosePolicy,
  proxyActivities,
  startChild,
  workflowInfo,
  type ActivityOptions,
  type ChildWorkflowHandle,
} from '@temporalio/workflow';
import type { BatchActivities, PageDocument } from '../activities/types';
import { documentWorkflowId } from '../api';
import { RETRY } from './activity-calls';
import type { parseDocument } from './parse-document';

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

/**
 * Starts the workflow of a document. It outlives this run, and the batch's own end: whoever starts the batch again finds
 * it by its id.
 *
 * @param reuse `REJECT_DUPLICATE`: not if there ever was one of its id, as far as Temporal remembers.
 * `ALLOW_DUPLICATE_FAILED_ONLY`: also where that one has failed or was ended.
 * @throws WorkflowExecutionAlreadyStartedError
 */
export function startDocument(
  { id, input }: PageDocument,
  reuse: 'REJECT_DUPLICATE' | 'ALLOW_DUPLICATE_FAILED_ONLY',
): Promise<ChildWorkflowHandle<typeof parseDocument>> {
  return startChild<typeof parseDocument>('parseDocument', {
    args: [input],
    workflowId: documentWorkflowId(workflowInfo().workflowId, id),
    workflowIdReusePolicy: reuse,
    parentClosePolicy: ParentClosePolicy.ABANDON,
    cancellationType: ChildWorkflowCancellationType.ABANDON,
  });
}
