import { createHash } from 'node:crypto';
import { WorkflowIdReusePolicy, type Client, type WorkflowHandle } from '@temporalio/client';
import { batchAttributes, toParseInput, type BatchInput } from '../../contract';
import type { parseBatch } from '../../workflows';
import { documentHash } from '../document-hash';
import { startOnce, type EndedExecution } from '../start-once';
import type { StartParseOptions } from '../start-options';
import { startWithAttributes } from '../start-with-attributes';
import { toWorkflowOptions } from '../to-workflow-options';

const WORKFLOW_TYPE = 'parseBatch';
/** Name of the hash in the workflow's memo. */
const HASH_MEMO = 'extendParseBatch';

/** The facts that {@link startBatch} needs. */
export interface StartBatchRequest {
  /** The checked input. */
  readonly input: BatchInput;
  /** The checked options. */
  readonly options: StartParseOptions;
  readonly workflowId: string;
  readonly taskQueue: string;
}

/**
 * Starts a batch. With an idempotency key it may return the batch that the key has already: one that runs, or that left
 * nothing to do. A batch that ended otherwise is started again, and continues with the documents that are not done.
 *
 * @throws IdempotencyKeyReusedError if the key belongs to a batch of other documents.
 */
export async function startBatch(
  client: Client,
  { input, options, workflowId, taskQueue }: StartBatchRequest,
): Promise<WorkflowHandle<typeof parseBatch>> {
  const hash = batchHash(input);
  const attributes = batchAttributes(workflowId);
  const workflowOptions = toWorkflowOptions(options, {
    workflowId,
    taskQueue,
    memo: { [HASH_MEMO]: hash },
    attributes,
  });
  const start = (workflowIdReusePolicy: WorkflowIdReusePolicy) =>
    startWithAttributes(client, options, () =>
      client.workflow.start<typeof parseBatch>(WORKFLOW_TYPE, {
        ...workflowOptions,
        workflowIdReusePolicy,
        args: [input],
      }),
    );
  const reusePolicy = WorkflowIdReusePolicy.ALLOW_DUPLICATE;
  if (options.idempotencyKey === undefined) return start(reusePolicy);
  const isKept = async (ended: EndedExecution<typeof parseBatch>) =>
    ended.isCompleted && !(await hasWork(ended, input));
  return startOnce({ client, workflowId, memoName: HASH_MEMO, hash, start, isKept, reusePolicy });
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
