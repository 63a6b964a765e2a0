import type { ActivityInterceptors, WorkerInterceptors } from '@temporalio/worker';

/**
 * Puts Extend's run id on each line that an activity logs, Temporal's own lines among them, as `parserRunId`: `runId` is
 * the name of the workflow's. It reads it from the activity's input, so a submit has none yet.
 */
export function logRunId(): ActivityInterceptors {
  let attributes: { readonly parserRunId?: string } = {};
  return {
    inbound: {
      execute: (input, next) => {
        const { runId } = (input.args[0] ?? {}) as { runId?: unknown };
        if (typeof runId === 'string') attributes = { parserRunId: runId };
        return next(input);
      },
    },
    outbound: {
      getLogAttributes: (input, next) => next({ ...input, ...attributes }),
    },
  };
}

/** A worker's interceptors with {@link logRunId} among them, once. */
export function withRunIdLogged(interceptors: WorkerInterceptors = {}): WorkerInterceptors {
  const { activity = [] } = interceptors;
  return activity.includes(logRunId) ? interceptors : { ...interceptors, activity: [logRunId, ...activity] };
}
