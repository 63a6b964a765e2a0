import { WorkflowIdReusePolicy, type Client, type WorkflowHandle } from '@temporalio/client';
import { DOCUMENT_MEMO, nameOfDocument, openingAttributes, type ParseInput } from '../contract';
import { readEarlierParse } from '../contract/history-events';
import type { parseDocument } from '../workflows';
import { documentHash } from '../storage/document-hash';
import { isParseError } from './errors';
import { createParseHandle } from './parse-handle';
import type { EndedExecution } from './start-once';
import { startWorkflow, type StartRequest } from './start-workflow';

/**
 * Starts the parse of a document. With an idempotency key it may return the workflow that the key has already: one that
 * runs, that succeeded, or after which a new start could bill the document twice.
 *
 * @throws IdempotencyKeyReusedError if the key belongs to another document.
 */
export async function startDocument(
  client: Client,
  request: StartRequest<ParseInput>,
): Promise<WorkflowHandle<typeof parseDocument>> {
  const { input } = request;
  return startWorkflow<typeof parseDocument>(client, request, {
    workflowType: 'parseDocument',
    memoName: DOCUMENT_MEMO,
    hash: documentHash(input),
    attributes: openingAttributes(input),
    documentName: nameOfDocument(input),
    isKept: async (ended) => ended.isCompleted || (await mayBeBilled(ended, input)),
    readEarlier: ({ handle }) => readEarlierParse(handle, client.options.loadedDataConverter),
    reusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
  });
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
