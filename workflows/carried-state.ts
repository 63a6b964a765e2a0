import type { FailureDetails, LostSubmit, RunVersion } from '../contract';
import type { RunStatus } from '../contract/extend';
import { defined } from '../json';
import type { Clock } from './clock';
import type { AcceptedRun, Notes, ParseState } from './parse-state';
import type { WakeState } from './wake';

/**
 * The state that `parseDocument` hands to its next execution when it continues as new. Plain JSON, and a wire shape: the
 * members of version 0.1.0 keep their meaning, so a newer worker reads the state of an older one. A worker of version
 * 0.1.0 drops the members that it does not know.
 */
export interface CarriedState {
  readonly startedAtMs: number;
  /** Always `submitting` or `waiting`, because a workflow continues as new in these phases only. */
  readonly phase: ParseState['phase'];
  readonly submits: number;
  readonly earlierSubmits?: number;
  readonly lost?: readonly LostSubmit[];
  readonly runMayExist?: true;
  /** Run id that stands for the start of the document. Absent in the state of version 0.1.0. */
  readonly firstRunId?: string;
  readonly adopted?: boolean;
  readonly otherRuns?: readonly string[];
  readonly rejections: number;
  readonly polls: number;
  readonly uploadedFileId?: string;
  /** Present in the phase `waiting`. */
  readonly runId?: string;
  /** Absent in the state of version 0.1.0. */
  readonly apiVersion?: RunVersion;
  readonly acceptedAtMs?: number;
  readonly workflowRevision?: number;
  readonly isEarlier?: boolean;
  readonly status?: RunStatus;
  readonly failureReason?: string;
  readonly failureMessage?: string;
  readonly nextPollAtMs?: number;
  readonly lastFailure?: string;
  readonly lastDetails?: FailureDetails;
  readonly wake?: WakeState;
}

/** Makes the state that the next execution reads. */
export function toCarriedState({ startedAtMs }: Clock, state: ParseState, wake: WakeState): CarriedState {
  const { run, ...facts } = state;
  return { startedAtMs, ...facts, ...run, wake };
}

/** Reads the state that the previous execution carried. The run id decides the phase. */
export function readCarriedState(carried: CarriedState): ParseState {
  const notes = notesOf(carried);
  const run = runOf(carried);
  return run === undefined ? { ...notes, phase: 'submitting' } : { ...notes, phase: 'waiting', run };
}

function notesOf(carried: CarriedState): Notes {
  const { submits, rejections, polls, uploadedFileId, nextPollAtMs, lastFailure, lastDetails } = carried;
  const { earlierSubmits, lost, runMayExist, adopted, otherRuns } = carried;
  const known = defined({ uploadedFileId, nextPollAtMs, lastFailure, lastDetails });
  return {
    submits,
    rejections,
    polls,
    ...known,
    ...defined({ earlierSubmits, lost, runMayExist, adopted, otherRuns }),
  };
}

function runOf(carried: CarriedState): AcceptedRun | undefined {
  const { runId, apiVersion, acceptedAtMs, status, failureReason, failureMessage } = carried;
  const { workflowRevision, isEarlier } = carried;
  if (runId === undefined) return undefined;
  const told = defined({ status, failureReason, failureMessage });
  return { runId, ...defined({ apiVersion, acceptedAtMs, workflowRevision, isEarlier }), ...told };
}
