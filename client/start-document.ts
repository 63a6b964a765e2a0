import { WorkflowIdReusePolicy, type Client, type WorkflowHandle } from '@temporalio/client';
import { nameOfDocument, openingAttributes, type ParseInput } from '../contract';
import type { parseDocument } from '../workflows';
import { documentHash } from './document-hash';
import { isParseError } from './errors';
import { createParseHandle } from './parse-handle';
import { startOnce, type EndedExecution } from './start-once';
import type { StartParseOptions } from './start-options';
import { startWithAttributes } from './start-with-attributes';
import { toWorkflowOptions } from './to-workflow-options';

const WORKFLOW_TYPE = 'parseDocument';
/** Name of the hash in the workflow's memo. */
const HASH_MEMO = 'extendParseDocument';

/** The facts that {@link startDocument} needs. */
export interface StartDocumentRequest {
  /** The checked input. */
  readonly input: ParseInput;
  /** The checked options. */
  readonly options: StartParseOptions;
  readonly workflowId: string;
  readonly taskQueue: string;
}

/**
 * Starts the parse of a document. With an idempotency key it may return the workflow that the key has already: one that
 * runs, that succeeded, or after which a new start could bill the document twice.
 *
 * @throws IdempotencyKeyReusedError if the key belongs to another document.
 */
export async function startDocument(
  client: Client,
  { input, options, workflowId, taskQueue }: StartDocumentRequest,
): Promise<WorkflowHandle<typeof parseDocument>> {
  const hash = documentHash(input);
  const workflowOptions = toWorkflowOptions(options, {
    workflowId,
    taskQueue,
    memo: { [HASH_MEMO]: hash },
    attributes: openingAttributes(input),
    documentName: nameOfDocument(input),
  });
  const start = (workflowIdReusePolicy: WorkflowIdReusePolicy) =>
    startWithAttributes(client, options, () =>
      client.workflow.start<typeof parseDocument>(WORKFLOW_TYPE, {
        ...workflowOptions,
        workflowIdReusePolicy,
        args: [input],
      }),
    );
  if (options.idempotencyKey === undefined) return start(WorkflowIdReusePolicy.ALLOW_DUPLICATE);
  const isKept = async (ended: EndedExecution<typeof parseDocument>) =>
    ended.isCompleted || (await mayBeBilled(ended, input));
  const reusePolicy = WorkflowIdReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY;
  return startOnce({ client, workflowId, memoName: HASH_MEMO, hash, start, isKept, reusePolicy });
}

/**
 * Tells whether the ended workflow may have left a run at Extend whose id is unknown. A new start could then bill the
 * document twice.
 */
async function mayBeBilled({ handle }: EndedExecution<typeof parseDocument>, input: ParseInput): Promise<boolean> {
  const atMostOnce = 'onAmbiguousSubmit' in input && input.onAmbiguousSubmit === 'fail';
  try {
    await createParseHandle(handle).result();
    return false;
  } catch (error) {
    if (!isParseError(error)) return false;
    return error.type === 'SubmitOutcomeUnknown' || (atMostOnce && error.details.runMayExist === true);
  }
}
