import { activityInfo } from '@temporalio/activity';
import type { SubmitIdentity } from '../contract';
import type { RunMetadata } from '../contract/extend';
import { defined } from '../json';
import { finalFailure } from './to-application-failure';

/** Largest metadata of a run that Extend accepts, as JSON, in bytes. */
const MAX_RUN_METADATA_BYTES = 10_000;

/** Facts about the workflows of a document whose submit another workflow makes. */
export interface MetadataOptions {
  /** Id of the document's workflow. @default the workflow that called the activity */
  readonly workflowId?: string;
  /**
   * Workflow that an event about the run wakes; `false`: none.
   * @default the document's workflow
   */
  readonly wakes?: string | false;
}

/**
 * Gives the metadata of a run: those of the input, and the identity of the submit in the member `temporal`. With them the
 * run can be found if the answer of the submit is lost, and a webhook finds the workflow.
 *
 * @throws ApplicationFailure `InvalidInput`, final, if both together are larger than Extend accepts
 */
export function toRunMetadata(
  given: RunMetadata | undefined,
  { firstRunId, submit }: SubmitIdentity,
  { workflowId = activityInfo().workflowExecution?.workflowId ?? '', wakes }: MetadataOptions = {},
): RunMetadata {
  const { namespace, attempt } = activityInfo();
  const metadata = { ...given, temporal: { namespace, workflowId, firstRunId, submit, ...defined({ wakes }) } };
  const bytes = Buffer.byteLength(JSON.stringify(metadata));
  if (bytes <= MAX_RUN_METADATA_BYTES) return metadata;
  const message = `invalid input: metadata must have at most ${MAX_RUN_METADATA_BYTES} bytes as JSON together with the id of the workflow, got ${bytes}`;
  throw finalFailure('InvalidInput', message, { attempts: attempt });
}
