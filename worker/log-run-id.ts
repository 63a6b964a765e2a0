import type { ActivityInterceptors, WorkerInterceptors, WorkerOptions } from '@temporalio/worker';

/**
 * Adds Extend's run id to each log line of an activity, also to the lines of Temporal itself. The attribute is named
 * `parserRunId`, because Temporal uses `runId` for the workflow's run id. The interceptor takes Extend's run id from
 * the activity's input, or from the result of a submit.
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
 * Adds {@link logRunId} once to a worker's interceptors. It also adds the interceptor of workflow log lines, unless the
 * worker has a prebuilt `workflowBundle`, whose modules cannot be changed.
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
