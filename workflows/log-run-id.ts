/** For the worker's `interceptors.workflowModules`: Extend's run id on each line that a `parseDocument` workflow logs. */
import type { WorkflowInterceptors } from '@temporalio/workflow';

/** Of this workflow alone: Temporal gives each one modules of its own. */
let attributes: { readonly parserRunId?: string } = {};

/** Tells the run of this workflow. Lines that follow have its id, Temporal's own "Workflow failed" among them. */
export function setLoggedRunId(runId: string | undefined): void {
  attributes = runId === undefined ? {} : { parserRunId: runId };
}

/** What Temporal calls once per workflow. It adds nothing to a history. */
export const interceptors = (): WorkflowInterceptors => ({
  outbound: [{ getLogAttributes: (input, next) => next({ ...input, ...attributes }) }],
});
