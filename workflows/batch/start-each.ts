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
  DOCUMENT_MEMO,
  documentWorkflowId,
  nameOfDocument,
  openingAttributes,
  SEARCH_ATTRIBUTES,
  toDocumentFailure,
  type DocumentEnd,
  type ParseInput,
} from '../../contract';
import { defined } from '../../json';
import type { parseDocument } from '../parse-document';

/** Callbacks for the start and the end of a child. Temporal reports no end after this execution continues as new. */
export interface DocumentListener {
  started(id: string): void;
  ended(document: EndedDocument): void;
}

/**
 * Temporal's rule for a workflow id that was used before. With `REJECT_DUPLICATE` no second workflow of that id starts,
 * as long as Temporal keeps the first one. With `ALLOW_DUPLICATE_FAILED_ONLY` it starts if the first one ended without
 * a result.
 */
export type Reuse = 'REJECT_DUPLICATE' | 'ALLOW_DUPLICATE_FAILED_ONLY';

/** A document of a page, with the facts about its earlier workflows. */
export interface DocumentToStart extends PageDocument {
  /** Workflow id, if the usual one belongs to another document. @default `<batch>/<id>` */
  readonly workflowId?: string;
}

/**
 * Starts the workflows of these documents, all at once. The children outlive this execution and the batch: a later
 * execution of the batch finds them by their ids.
 *
 * @returns the documents whose workflows exist in Temporal already.
 */
export async function startEach(
  batchId: string,
  documents: readonly DocumentToStart[],
  reuse: Reuse,
  listener: DocumentListener,
): Promise<DocumentToStart[]> {
  const known: DocumentToStart[] = [];
  await Promise.all(
    documents.map(async (document) => {
      const { id } = document;
      const startedAtMs = Date.now();
      try {
        const handle = await startChildDocument(batchId, document, reuse);
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

function startChildDocument(
  batchId: string,
  { id, input, hash, workflowId = documentWorkflowId(batchId, id), earlier }: DocumentToStart,
  workflowIdReusePolicy: Reuse,
): Promise<ChildWorkflowHandle<typeof parseDocument>> {
  return startChild<typeof parseDocument>('parseDocument', {
    args: earlier === undefined ? [input] : [input, undefined, earlier],
    ...visibilityOptions(batchId, input),
    ...(hash !== undefined && { memo: { [DOCUMENT_MEMO]: hash } }),
    workflowId,
    workflowIdReusePolicy,
    parentClosePolicy: ParentClosePolicy.ABANDON,
    cancellationType: ChildWorkflowCancellationType.ABANDON,
  });
}

/**
 * The summary for Temporal's UI. Search attributes too if the batch has them, because then the server has checked them.
 */
function visibilityOptions(
  batchId: string,
  input: ParseInput,
): Pick<ChildWorkflowOptions, 'staticSummary' | 'typedSearchAttributes'> {
  const { typedSearchAttributes } = workflowInfo();
  const name = nameOfDocument(input);
  const isFindable = typedSearchAttributes.get(SEARCH_ATTRIBUTES.batch) !== undefined;
  return defined({
    staticSummary: name === undefined ? undefined : `parse ${name}`,
    typedSearchAttributes: isFindable ? openingAttributes(input, batchId) : undefined,
  });
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

/** Compares the name, because the class is in `@temporalio/common`, which workflows do not import. */
function isAlreadyStarted(error: unknown): boolean {
  return error instanceof Error && error.name === 'WorkflowExecutionAlreadyStartedError';
}
