import type { ActivityInterceptors, WorkerInterceptors, WorkerOptions } from '@temporalio/worker';

/**
 * Puts Extend's run id on each line that an activity logs, Temporal's own lines among them, as `parserRunId`: `runId` is
 * the name of the workflow's. It reads it from the activity's input, and a submit's from its result.
 */
export function logRunId(): ActivityInterceptors {
  let attributes: { readonly parserRunId?: string } = {};
  const note = (value: unknown) => {
    const { runId } = (value ?? {}) as { runId?: unknown };
    if (typeof runId === 'string') attributes = { parserRunId: runId };
  };
  return {
    inbound: {
      execute: async (input, next) => {
        note(input.args[0]);
        const result = await next(input);
        note(result);
        return result;
      },
    },
    outbound: {
      getLogAttributes: (input, next) => next({ ...input, ...attributes }),
    },
  };
}

/**
 * A worker's interceptors with {@link logRunId} among them, once, and those of workflows, which a bundle made ahead has or
 * has not.
 */
export function withRunIdLogged({
  interceptors = {},
  workflowBundle,
}: Pick<WorkerOptions, 'interceptors' | 'workflowBundle'>): WorkerInterceptors {
  const { activity = [], workflowModules = [] } = interceptors;
  const modules = workflowBundle === undefined ? [require.resolve('../workflows/log-run-id')] : [];
  return {
    ...interceptors,
    activity: [...new Set([logRunId, ...activity])],
    workflowModules: [...new Set([...workflowModules, ...modules])],
  };
}
