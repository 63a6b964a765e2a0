import { WorkflowIdReusePolicy, type Client, type WorkflowHandle } from '@temporalio/client';
import { DOCUMENT_MEMO, nameOfDocument, openingAttributes, type EarlierParse, type ParseInput } from '../contract';
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
  const readEarlier: ReadEarlier = ({ handle }) => readEarlierParse(handle, client.options.loadedDataConverter);
  return startWorkflow<typeof parseDocument>(client, request, {
    workflowType: 'parseDocument',
    memoName: DOCUMENT_MEMO,
    hash: documentHash(input),
    attributes: openingAttributes(input),
    documentName: nameOfDocument(input),
    isKept: async (ended) =>
      ended.isCompleted || ((await mayBeBilled(ended, input)) && !(await canBeFound(ended, input, readEarlier))),
    readEarlier,
    reusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
  });
}

type Ended = EndedExecution<typeof parseDocument>;
type ReadEarlier = (ended: Ended) => Promise<EarlierParse>;

/**
 * Tells whether another start can look for the run without the risk of a second charge: the document is submitted once
 * at most, and the version of its submit lists runs. After a timeout the version is not known.
 */
async function canBeFound(ended: Ended, input: ParseInput, readEarlier: ReadEarlier): Promise<boolean> {
  if (!isAtMostOnce(input)) return false;
  const { lost = [] } = await readEarlier(ended);
  return lost.some(({ apiVersion }) => apiVersion === '2026-02-09');
}

function isAtMostOnce(input: ParseInput): boolean {
  return 'onAmbiguousSubmit' in input && input.onAmbiguousSubmit === 'fail';
}

/**
 * Tells whether the ended workflow may have left a run at Extend whose id is unknown. A new start could then bill the
 * document twice.
 */
async function mayBeBilled({ handle }: Ended, input: ParseInput): Promise<boolean> {
  const atMostOnce = isAtMostOnce(input);
  try {
    await createParseHandle(handle).result();
    return false;
  } catch (error) {
    if (!isParseError(error)) return false;
    return error.type === 'SubmitOutcomeUnknown' || (atMostOnce && error.details.runMayExist === true);
  }
}
