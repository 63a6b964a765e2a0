import { setCurrentDetails, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { keyword, redact, SEARCH_ATTRIBUTES, type ParseProgress } from '../api';
import { describeEnd, describeProgress } from './describe-progress';
import { setLoggedRunId } from './log-run-id';

/**
 * Tells Temporal where the document is: the workflow's current details in the UI, search attributes where it has them, and
 * the run id on its log lines.
 */
export function tellProgress(progress: ParseProgress): void {
  setLoggedRunId(progress.runId);
  setCurrentDetails(describeProgress(progress));
  updateSearchAttributes(progress);
}

/** Tells Temporal's UI how it ended. */
export function tellEnd(progress: ParseProgress, failure?: unknown): void {
  setCurrentDetails(describeEnd(progress, failure));
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
