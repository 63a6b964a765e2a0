import {
  ChildWorkflowCancellationType,
  ChildWorkflowFailure,
  ParentClosePolicy,
  startChild,
  workflowInfo,
  type ChildWorkflowHandle,
  type ChildWorkflowOptions,
} from '@temporalio/workflow';
import type { EndedDocument, PageDocument } from '../../activities/types';
import {
  documentWorkflowId,
  nameOfDocument,
  openingAttributes,
  SEARCH_ATTRIBUTES,
  toDocumentFailure,
  type DocumentEnd,
  type ParseInput,
} from '../../contract';
import type { parseDocument } from '../parse-document';

/** Who is told of a document's start, and of its end as long as this run lasts. */
export interface DocumentListener {
  started(id: string): void;
  ended(document: EndedDocument): void;
}

/**
 * `REJECT_DUPLICATE`: not if there ever was a workflow of its id, as far as Temporal remembers.
 * `ALLOW_DUPLICATE_FAILED_ONLY`: also where that one has failed or was ended.
 */
export type Reuse = 'REJECT_DUPLICATE' | 'ALLOW_DUPLICATE_FAILED_ONLY';

/**
 * Starts the workflows of these documents, all at once, and returns those whose workflows Temporal has already. They
 * outlive this run, and the batch's own end: whoever starts the batch again finds them by their ids.
 */
export async function startEach(
  batchId: string,
  documents: readonly PageDocument[],
  reuse: Reuse,
  listener: DocumentListener,
): Promise<PageDocument[]> {
  const known: PageDocument[] = [];
  await Promise.all(
    documents.map(async (document) => {
      const { id } = document;
      const startedAtMs = Date.now();
      try {
        const handle = await startDocument(batchId, document, reuse);
        listener.started(id);
        void endOf(handle).then((end) => listener.ended({ id, durationMs: Date.now() - startedAtMs, end }));
      } catch (error) {
        if (isAlreadyStarted(error)) known.push(document);
        else listener.ended({ id, durationMs: 0, end: toFailedEnd(error) });
      }
    }),
  );
  return known;
}

function startDocument(
  batchId: string,
  { id, input }: PageDocument,
  workflowIdReusePolicy: Reuse,
): Promise<ChildWorkflowHandle<typeof parseDocument>> {
  return startChild<typeof parseDocument>('parseDocument', {
    args: [input],
    ...describingOptions(batchId, input),
    workflowId: documentWorkflowId(batchId, id),
    workflowIdReusePolicy,
    parentClosePolicy: ParentClosePolicy.ABANDON,
    cancellationType: ChildWorkflowCancellationType.ABANDON,
  });
}

/** A summary for Temporal's UI, and the search attributes if the batch has them: the server has checked those. */
function describingOptions(
  batchId: string,
  input: ParseInput,
): Pick<ChildWorkflowOptions, 'staticSummary' | 'typedSearchAttributes'> {
  const { typedSearchAttributes } = workflowInfo();
  const name = nameOfDocument(input);
  const isFindable = typedSearchAttributes.get(SEARCH_ATTRIBUTES.batch) !== undefined;
  return {
    ...(name !== undefined && { staticSummary: `parse ${name}` }),
    ...(isFindable && { typedSearchAttributes: openingAttributes(input, batchId) }),
  };
}

async function endOf(handle: ChildWorkflowHandle<typeof parseDocument>): Promise<DocumentEnd> {
  try {
    return { status: 'processed', result: await handle.result() };
  } catch (error) {
    return toFailedEnd(error);
  }
}

function toFailedEnd(error: unknown): DocumentEnd {
  return { status: 'failed', failure: toDocumentFailure(error instanceof ChildWorkflowFailure ? error.cause : error) };
}

/** The class is of a module that workflows do not import. */
function isAlreadyStarted(error: unknown): boolean {
  return error instanceof Error && error.name === 'WorkflowExecutionAlreadyStartedError';
}
