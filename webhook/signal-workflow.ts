import { isGrpcServiceError, WorkflowNotFoundError } from '@temporalio/client';
import { runFinishedSignal, type RunFinishedNotice } from '../workflows/messages';
import type { WaitingWorkflow } from './find-workflows';

/** gRPC's status code of a request that the server never accepts, for instance one signal too many for a workflow. */
const INVALID_ARGUMENT = 3;

/**
 * Signals `runFinished` to a workflow.
 *
 * @returns `false` if the workflow has ended, never existed, or cannot take the signal: sending it again would not help
 * @throws Error if Temporal does not answer
 */
export async function signalWorkflow(
  { client, workflowId }: WaitingWorkflow,
  notice: RunFinishedNotice,
): Promise<boolean> {
  try {
    await client.workflow.getHandle(workflowId).signal(runFinishedSignal, notice);
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    const { cause } = error as { cause?: unknown };
    if (isGrpcServiceError(cause) && Number(cause.code) === INVALID_ARGUMENT) return false;
    throw error;
  }
}
