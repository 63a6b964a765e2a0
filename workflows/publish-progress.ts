import { setCurrentDetails, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { keyword, nameOfDocument, SEARCH_ATTRIBUTES, type ParseInput, type ParseProgress } from '../contract';
import { redact } from '../privacy';
import { describeEnd, describeProgress, type DocumentEnding } from './describe-progress';
import { setLoggedRunId } from './log-run-id';

/**
 * Publishes the progress in Temporal: as the workflow's current details in the UI, as search attributes if the workflow
 * has them, and as the run id on its log lines. The details name the document, because continue-as-new drops the static
 * summary, and the SDK has no option to keep it.
 */
export function publishProgress(input: ParseInput, progress: ParseProgress): void {
  setLoggedRunId(progress.runId);
  setCurrentDetails(describeProgress(progress, nameOfDocument(input)));
  updateSearchAttributes(progress);
}

/** Publishes the end of the document as the workflow's current details in the UI. */
export function publishEnd(input: ParseInput, progress: ParseProgress, ending: DocumentEnding): void {
  setCurrentDetails(describeEnd(progress, { ...ending, documentName: nameOfDocument(input) }));
}

/**
 * Updates only search attributes with which the workflow was started, because the server has checked that they are
 * registered. An attribute that is not registered would block the workflow indefinitely.
 */
function updateSearchAttributes({ runId, status }: ParseProgress): void {
  const { typedSearchAttributes: known } = workflowInfo();
  const now = [
    { key: SEARCH_ATTRIBUTES.runId, value: runId },
    { key: SEARCH_ATTRIBUTES.status, value: status },
  ].flatMap(({ key, value }) => (value === undefined ? [] : [{ key, value: keyword(redact(value)) }]));
  const changed = now.filter(({ key, value }) => {
    const before = known.get(key);
    return before !== undefined && before !== value;
  });
  if (changed.length > 0) upsertSearchAttributes(changed);
}
