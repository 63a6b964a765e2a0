import { createHash } from 'node:crypto';
import { WorkflowIdReusePolicy, type Client, type WorkflowHandle } from '@temporalio/client';
import { batchAttributes, nameOfBatch, toParseInput, type BatchInput } from '../../contract';
import type { parseBatch } from '../../workflows';
import { documentHash } from '../../storage/document-hash';
import type { EndedExecution } from '../start-once';
import { startWorkflow, type StartRequest } from '../start-workflow';

/**
 * Starts a batch. With an idempotency key it may return the batch that the key has already: one that runs, or that left
 * nothing to do. A batch that ended otherwise is started again, and continues with the documents that are not done.
 *
 * @throws IdempotencyKeyReusedError if the key belongs to a batch of other documents.
 */
export async function startBatch(
  client: Client,
  request: StartRequest<BatchInput>,
): Promise<WorkflowHandle<typeof parseBatch>> {
  const { input, workflowId } = request;
  return startWorkflow<typeof parseBatch>(client, request, {
    workflowType: 'parseBatch',
    memoName: 'extendParseBatch',
    hash: batchHash(input),
    attributes: batchAttributes(workflowId),
    documentName: nameOfBatch(input),
    isKept: async (ended) => ended.isCompleted && !(await hasWork(ended, input)),
    reusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
  });
}

/**
 * A manifest may have changed, so it is read again: the batch adopts the outcomes it has, and parses only new
 * documents.
 */
async function hasWork({ handle }: EndedExecution<typeof parseBatch>, input: BatchInput): Promise<boolean> {
  if ('manifest' in input) return true;
  const { total, processed, failed } = await handle.result();
  return processed + failed < total || (input.retryFailed === true && failed > 0);
}

/** Hash of the documents with their ids and configurations. Of a manifest only its name counts, not its content. */
function batchHash(input: BatchInput): string {
  const hash = createHash('sha256');
  if ('manifest' in input) return hash.update(JSON.stringify([input.manifest, input.defaults?.config])).digest('hex');
  for (const document of input.documents) {
    hash.update(JSON.stringify([document.id, documentHash(toParseInput(document, input.defaults))]));
  }
  return hash.digest('hex');
}
