import type { DeliveredResult } from '../activities/types';
import type { EarlierParse, FailureDetails, LostSubmit, ParseSettings, RunVersion } from '../contract';
import { isEndedStatus, type KnownRunStatus, type RunStatus } from '../contract/extend/parse-api';
import { defined } from '../json';

/**
 * Revision of this code. The answer of a submit repeats it, so that a replay knows by which code the history was made.
 * Revision 1 waits for the first poll with a timer. Version 0.1.0 had no revision.
 */
export const WORKFLOW_REVISION = 1;

/** A run at Extend: accepted after a submit of this workflow, or attached by the caller. */
export interface AcceptedRun {
  readonly runId: string;
  /** Version of the API in which the run was submitted. Absent if the worker or the history is of version 0.1.0. */
  readonly apiVersion?: RunVersion;
  /** Time at which Extend accepted the submit, epoch milliseconds. Absent for an attached run. */
  readonly acceptedAtMs?: number;
  /** The last known status. Absent for an attached run until the first poll. */
  readonly status?: RunStatus;
  readonly failureReason?: string;
  readonly failureMessage?: string;
  /** Revision of the code that submitted the run. Absent for an attached run. */
  readonly workflowRevision?: number;
  /** `true`: an earlier start of the document submitted the run. If it cannot deliver, the document is submitted again. */
  readonly isEarlier?: boolean;
}

/** A run that has ended with a result. */
export interface ProcessedRun extends AcceptedRun {
  readonly status: 'PROCESSED';
  /** The result, if the poll that saw the end has brought it. */
  readonly delivered?: DeliveredResult;
}

/** A run that has ended without a result. */
export interface FailedRun extends AcceptedRun {
  readonly status: Exclude<KnownRunStatus, 'PENDING' | 'PROCESSING' | 'PROCESSED'>;
}

/** A run that has ended. */
export type EndedRun = ProcessedRun | FailedRun;

/** The facts that tell if a run of unknown id may exist. */
export type RunFacts = Pick<ParseState, 'run' | 'submits' | 'earlierSubmits' | 'lost' | 'runMayExist'>;

/** Tells if a run may exist whose id is unknown: a submit of this or of an earlier start has no readable answer. */
export function mayHaveUnknownRun({ submits, earlierSubmits = 0, lost = [], runMayExist, run }: RunFacts): boolean {
  if (runMayExist === true || lost.length > 0) return true;
  return run === undefined && submits > earlierSubmits;
}

/** Returns true if the run has ended, with or without a result. */
export function hasEnded(run: AcceptedRun): run is EndedRun {
  return run.status !== undefined && isEndedStatus(run.status);
}

/** Facts that a document collects on its way, in every phase. */
export interface Notes {
  /** Submits that may have created a run, over all starts of the document. */
  readonly submits: number;
  /** Those of them that earlier starts have made. @default 0 */
  readonly earlierSubmits?: number;
  /** Submits without a readable answer whose run was not found. @default none */
  readonly lost?: readonly LostSubmit[];
  /** `true`: an earlier start made a submit without a readable answer, and its identity is not known. @default false */
  readonly runMayExist?: true;
  /** `true` if the run was found in the list of runs. */
  readonly adopted?: boolean;
  /** Ids of other runs of the document that were found. @default none */
  readonly otherRuns?: readonly string[];
  /** Submits in a row that Extend certainly did not accept. */
  readonly rejections: number;
  /** Status requests. */
  readonly polls: number;
  /** Extend's id of the file that this workflow uploaded. */
  readonly uploadedFileId?: string;
  /** Due time of the next poll, epoch milliseconds. Valid in the phase `waiting` only. */
  readonly nextPollAtMs?: number;
  /** The last failure, even if the document recovered from it. */
  readonly lastFailure?: string;
  /** Details of the last failure, for the failure of a deadline that passes. A successful poll clears them. */
  readonly lastDetails?: FailureDetails;
}

/** The phase of a document, with the run as far as the phase requires one. */
export type Phase =
  | { readonly phase: 'submitting'; readonly run?: undefined }
  | { readonly phase: 'waiting'; readonly run: AcceptedRun }
  | { readonly phase: 'fetching'; readonly run: ProcessedRun }
  | { readonly phase: 'cleaning' | 'ended'; readonly run: AcceptedRun | undefined };

/** A phase that a document can enter with a run. Only the run of an earlier start is given up again. */
export type LaterPhase = Exclude<Phase, { readonly phase: 'submitting' }>;

/** The state of a document: its phase and its notes. */
export type ParseState = Phase & Notes;

/**
 * The state at the start. An attached run is waited for at once, and so is the run of an earlier start that can still
 * deliver. A document is submitted first.
 */
export function openingState(subject: ParseSettings['subject'], earlier: EarlierParse = { submits: 0 }): ParseState {
  if ('runId' in subject) return { phase: 'waiting', run: subject, submits: 0, rejections: 0, polls: 0 };
  const { submits, run, lost, runMayExist } = earlier;
  const told = defined({ earlierSubmits: submits || undefined, lost, runMayExist });
  const notes = { submits, rejections: 0, polls: 0, ...told };
  return run === undefined
    ? { phase: 'submitting', ...notes }
    : { phase: 'waiting', run: { ...run, isEarlier: true }, ...notes };
}
