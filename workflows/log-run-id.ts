/**
 * A module for the worker's `interceptors.workflowModules`: it puts Extend's run id on each line that a `parseDocument`
 * workflow logs.
 */
import type { WorkflowInterceptors } from '@temporalio/workflow';

/** Attributes of one workflow only, because Temporal loads the modules once per workflow. */
let attributes: { readonly parserRunId?: string } = {};

/** Sets the run of this workflow. All later lines carry its id, including Temporal's own "Workflow failed". */
export function setLoggedRunId(runId: string | undefined): void {
  attributes = runId === undefined ? {} : { parserRunId: runId };
}

/** The interceptors, which Temporal creates once per workflow. They add nothing to a history. */
export const interceptors = (): WorkflowInterceptors => ({
  outbound: [{ getLogAttributes: (input, next) => next({ ...input, ...attributes }) }],
});
