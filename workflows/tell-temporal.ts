import { setCurrentDetails, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { keyword, nameOfDocument, SEARCH_ATTRIBUTES, type ParseInput, type ParseProgress } from '../contract';
import { redact } from '../privacy';
import { describeEnd, describeProgress } from './describe-progress';
import { setLoggedRunId } from './log-run-id';

/**
 * Tells Temporal where the document is: the workflow's current details in the UI, search attributes where it has them, and
 * the run id on its log lines. The details name the document, because continue-as-new drops the static summary, and the
 * SDK has no option to keep it.
 */
export function tellProgress(input: ParseInput, progress: ParseProgress): void {
  setLoggedRunId(progress.runId);
  setCurrentDetails(describeProgress(progress, nameOfDocument(input)));
  updateSearchAttributes(progress);
}

/** Tells Temporal's UI how the document ended. */
export function tellEnd(input: ParseInput, progress: ParseProgress, failure?: unknown): void {
  setCurrentDetails(describeEnd(progress, { failure, documentName: nameOfDocument(input) }));
}

/**
 * Only those that the workflow was started with are kept up to date: the server has checked these, while one that is not
 * registered would keep the workflow from ever going on.
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
