import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowIdReusePolicy,
  type Client,
  type Workflow,
  type WorkflowHandle,
} from '@temporalio/client';
import type { EarlierParse } from '../contract';
import { IdempotencyKeyReusedError } from './errors';

/** The latest execution of a key's workflow, which has ended. */
export interface EndedExecution<T extends Workflow> {
  /** `true`: it ended with a result. */
  readonly isCompleted: boolean;
  /** Handle of this execution. It does not wait for a newer one that another caller may have started. */
  readonly handle: WorkflowHandle<T>;
}

/** The facts that {@link startOnce} needs. */
export interface StartOnceRequest<T extends Workflow> {
  readonly client: Client;
  /** The idempotency key. */
  readonly workflowId: string;
  /** Name of the memo that holds the hash. */
  readonly memoName: string;
  /** Hash of what the caller wants to be parsed. */
  readonly hash: string;
  /**
   * Starts the workflow, with the hash in its memo, and with Temporal's rule for workflow ids that were used before.
   */
  readonly start: (policy: WorkflowIdReusePolicy, earlier?: EarlierParse) => Promise<WorkflowHandle<T>>;
  /** Reads what another start must know about the ended execution. @default nothing */
  readonly readEarlier?: ((ended: EndedExecution<T>) => Promise<EarlierParse>) | undefined;
  /** Decides whether an ended execution is the answer to a new start. */
  readonly isKept: (ended: EndedExecution<T>) => Promise<boolean>;
  /** Temporal's rule for the second start, after an execution that is not kept. */
  readonly reusePolicy: WorkflowIdReusePolicy;
}

/**
 * Starts the workflow of an idempotency key, unless the key has one already that is the answer. Several callers may use
 * the key at once, and still get one workflow, because each start may submit documents that Extend bills.
 *
 * 1. It starts the workflow under the key. Temporal refuses the start if the key has a workflow already, running or
 *    ended, so of several callers one starts it.
 * 2. If the start is refused, the hash in the memo of the existing workflow tells whether it parses the same.
 * 3. A workflow that is running, or whose end is kept, is the answer.
 * 4. After any other end the workflow is started again, with what the ended one knew about its runs at Extend. If
 *    another caller does so first, that caller's workflow is the answer: it has the same id.
 *
 * @throws IdempotencyKeyReusedError if the key has a workflow that parses something else.
 */
export async function startOnce<T extends Workflow>(request: StartOnceRequest<T>): Promise<WorkflowHandle<T>> {
  const { client, workflowId, memoName, hash, isKept, readEarlier, reusePolicy } = request;
  const started = await startUnlessKnown(request, WorkflowIdReusePolicy.REJECT_DUPLICATE);
  if (started !== undefined) return started;
  const existing = client.workflow.getHandle<T>(workflowId);
  const { memo, status, runId } = await existing.describe();
  if (memo?.[memoName] !== hash) throw new IdempotencyKeyReusedError(workflowId);
  if (status.name === 'RUNNING') return existing;
  const handle = client.workflow.getHandle<T>(workflowId, runId, { followRuns: false });
  const ended = { isCompleted: status.name === 'COMPLETED', handle };
  if (await isKept(ended)) return existing;
  const earlier = await readEarlier?.(ended);
  // The facts are those of the ended execution. Another caller may have started the workflow meanwhile.
  if ((await existing.describe()).runId !== runId) return existing;
  return (await startUnlessKnown(request, reusePolicy, earlier)) ?? existing;
}

async function startUnlessKnown<T extends Workflow>(
  { start }: StartOnceRequest<T>,
  policy: WorkflowIdReusePolicy,
  earlier?: EarlierParse,
): Promise<WorkflowHandle<T> | undefined> {
  try {
    return await start(policy, earlier);
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return undefined;
    throw error;
  }
}
