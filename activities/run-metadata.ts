import { activityInfo } from '@temporalio/activity';
import type { SubmitIdentity } from '../contract';
import type { RunMetadata } from '../contract/extend';
import { finalFailure } from './to-application-failure';

/** Largest metadata of a run that Extend accepts, as JSON, in bytes. */
const MAX_RUN_METADATA_BYTES = 10_000;

/**
 * Gives the metadata of a run: those of the input, and the identity of the submit in the member `temporal`. With them the
 * run can be found if the answer of the submit is lost, and a webhook finds the workflow.
 *
 * @throws ApplicationFailure `InvalidInput`, final, if both together are larger than Extend accepts
 */
export function toRunMetadata(given: RunMetadata | undefined, { firstRunId, submit }: SubmitIdentity): RunMetadata {
  const { namespace, workflowExecution, attempt } = activityInfo();
  const workflowId = workflowExecution?.workflowId ?? '';
  const metadata = { ...given, temporal: { namespace, workflowId, firstRunId, submit } };
  const bytes = Buffer.byteLength(JSON.stringify(metadata));
  if (bytes <= MAX_RUN_METADATA_BYTES) return metadata;
  const message = `invalid input: metadata must have at most ${MAX_RUN_METADATA_BYTES} bytes as JSON together with the id of the workflow, got ${bytes}`;
  throw finalFailure('InvalidInput', message, { attempts: attempt });
}
