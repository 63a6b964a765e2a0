import { createHash } from 'node:crypto';
import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
  type Client,
  type WorkflowHandle,
} from '@temporalio/client';
import { batchAttributes, toParseInput, type BatchInput } from '../../contract';
import type { parseBatch } from '../../workflows';
import { documentHash } from '../document-hash';
import { IdempotencyKeyReusedError } from '../errors';
import type { StartParseOptions } from '../parse-client';
import { describingOptions, startDescribed } from '../search-attributes';

const WORKFLOW_TYPE = 'parseBatch';
/** Name in the workflow's memo. */
const HASH_MEMO = 'extendParseBatch';

/** What {@link startBatch} is given. */
export interface StartBatchRequest {
  /** The checked input. */
  readonly input: BatchInput;
  /** The checked options. */
  readonly options: StartParseOptions;
  readonly workflowId: string;
  readonly taskQueue: string;
}

/**
 * Starts a batch, or finds the one that the key belongs to: one that runs, or that left nothing to do. One that ended
 * otherwise is started again, and goes on where it was.
 *
 * @throws IdempotencyKeyReusedError if the key belongs to a batch of other documents.
 */
export async function startBatch(
  client: Client,
  { input, options, workflowId, taskQueue }: StartBatchRequest,
): Promise<WorkflowHandle<typeof parseBatch>> {
  const hash = batchHash(input);
  const start = (workflowIdReusePolicy: WorkflowIdReusePolicy) =>
    startDescribed(client, options, () =>
      client.workflow.start<typeof parseBatch>(WORKFLOW_TYPE, {
        ...describingOptions(options, batchAttributes(workflowId), undefined),
        ...(options.priority && { priority: options.priority }),
        memo: { ...options.workflow?.memo, [HASH_MEMO]: hash },
        taskQueue,
        workflowId,
        workflowIdReusePolicy,
        workflowIdConflictPolicy: WorkflowIdConflictPolicy.FAIL,
        args: [input],
      }),
    );
  if (options.idempotencyKey === undefined) return start(WorkflowIdReusePolicy.ALLOW_DUPLICATE);
  try {
    return await start(WorkflowIdReusePolicy.REJECT_DUPLICATE);
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
  const existing = client.workflow.getHandle<typeof parseBatch>(workflowId);
  const { memo, status } = await existing.describe();
  if (memo?.[HASH_MEMO] !== hash) throw new IdempotencyKeyReusedError(workflowId);
  if (status.name === 'RUNNING') return existing;
  if (status.name === 'COMPLETED' && !(await hasWork(existing, input))) return existing;
  try {
    return await start(WorkflowIdReusePolicy.ALLOW_DUPLICATE);
  } catch (error) {
    // Somebody else with the same key was faster: theirs is ours.
    if (error instanceof WorkflowExecutionAlreadyStartedError) return existing;
    throw error;
  }
}

/** A manifest may have changed: what is done is taken over, and only what is new in it is parsed. */
async function hasWork(ended: WorkflowHandle<typeof parseBatch>, input: BatchInput): Promise<boolean> {
  if ('manifest' in input) return true;
  const { total, processed, failed } = await ended.result();
  return processed + failed < total || (input.retryFailed === true && failed > 0);
}

/** Hash of which documents are parsed and how, by their ids; of a manifest its name counts, not what is in it. */
function batchHash(input: BatchInput): string {
  const hash = createHash('sha256');
  if ('manifest' in input) return hash.update(JSON.stringify([input.manifest, input.defaults?.config])).digest('hex');
  for (const document of input.documents) {
    hash.update(JSON.stringify([document.id, documentHash(toParseInput(document, input.defaults))]));
  }
  return hash.digest('hex');
}
