import type { WorkflowStartOptions } from '@temporalio/client';

/** Options of the start of one parse or one batch. */
export interface StartParseOptions {
  /**
   * Makes a start safe to repeat: the key becomes the workflow id. While that workflow runs, and after it has
   * succeeded, another start returns its handle. After a failure another start starts a new workflow, except after
   * `SubmitOutcomeUnknown` and, with `onAmbiguousSubmit: 'fail'`, after a failure with `runMayExist`.
   * @default none: each call starts a workflow
   */
  readonly idempotencyKey?: string;
  /** Workflow id of your own, for which a second start is an error. @default 'extend-parse-' and a random UUID */
  readonly workflowId?: string;
  /** Temporal's priority and fairness of the workflow; its activities inherit it. @default the server's */
  readonly priority?: NonNullable<WorkflowStartOptions['priority']>;
  /**
   * Makes the workflow findable by run id, status, file name and batch: the search attributes `ExtendParseRunId`,
   * `ExtendParseStatus`, `ExtendParseFileName` and `ExtendParseBatch`, which must be registered in the namespace. Each
   * change of the first two costs an event and an Action; there are usually two changes per document. @default false
   */
  readonly searchAttributes?: boolean;
  /**
   * Further start options of Temporal: search attributes, memo, summary. A retry policy is refused, because each of its
   * attempts would submit the documents again. @default none
   */
  readonly workflow?: Omit<Partial<WorkflowStartOptions>, 'args' | 'workflowId' | 'taskQueue' | 'priority' | 'retry'>;
}

/** Checks the options. @returns the problem; `undefined` if there is none */
export function findOptionsProblem({
  idempotencyKey,
  workflowId,
  workflow = {},
}: StartParseOptions): string | undefined {
  if ('retry' in workflow && workflow.retry !== undefined)
    return 'workflow.retry must be left out: each attempt would submit again. Start again with the same idempotencyKey';
  if (idempotencyKey !== undefined && workflowId !== undefined)
    return "options must have 'idempotencyKey' or 'workflowId', not both";
  for (const [name, value] of Object.entries({ idempotencyKey, workflowId }) as [string, unknown][]) {
    if (value === undefined) continue;
    if (typeof value !== 'string') return `${name} must be a string, got a ${typeof value}`;
    if (value.trim() === '') return `${name} must not be empty`;
  }
  return undefined;
}
