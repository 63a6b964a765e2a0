import { WorkflowIdReusePolicy, type Client, type Workflow, type WorkflowHandle } from '@temporalio/client';
import { startOnce, type StartOnceRequest } from './start-once';
import type { StartParseOptions } from './start-options';
import { startWithAttributes } from './start-with-attributes';
import { toWorkflowOptions, type WorkflowFacts } from './to-workflow-options';

/** One call of the client that starts a workflow. */
export interface StartRequest<I> {
  /** The checked input. */
  readonly input: I;
  /** The checked options. */
  readonly options: StartParseOptions;
  readonly workflowId: string;
  readonly taskQueue: string;
}

/** The facts about a document or a batch that {@link startWorkflow} needs. */
export interface StartFacts<T extends Workflow>
  extends
    Pick<WorkflowFacts, 'attributes' | 'documentName'>,
    Pick<StartOnceRequest<T>, 'memoName' | 'hash' | 'isKept' | 'readEarlier' | 'reusePolicy'> {
  /** Temporal's name of the workflow. */
  readonly workflowType: string;
}

/**
 * Starts a workflow. With an idempotency key it may return the workflow that the key has already, as `startOnce` does.
 *
 * @throws IdempotencyKeyReusedError if the key belongs to a workflow that parses something else.
 */
export async function startWorkflow<T extends Workflow>(
  client: Client,
  { input, options, workflowId, taskQueue }: StartRequest<Parameters<T>[0]>,
  { workflowType, attributes, documentName, ...facts }: StartFacts<T>,
): Promise<WorkflowHandle<T>> {
  const memo = { [facts.memoName]: facts.hash };
  const workflowOptions = toWorkflowOptions(options, { workflowId, taskQueue, memo, attributes, documentName });
  const start: StartOnceRequest<T>['start'] = (workflowIdReusePolicy, earlier) => {
    const args = earlier === undefined ? [input] : [input, undefined, earlier];
    return startWithAttributes(client, options, () =>
      client.workflow.start(workflowType, { ...workflowOptions, workflowIdReusePolicy, args }),
    );
  };
  if (options.idempotencyKey === undefined) return start(WorkflowIdReusePolicy.ALLOW_DUPLICATE);
  return startOnce({ client, workflowId, start, ...facts });
}
