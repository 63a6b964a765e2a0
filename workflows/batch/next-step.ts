import { fittingCount } from '../../contract';

/** The facts from which the next step of a batch is decided. */
export interface BatchSituation {
  /** Events of this execution's history so far. */
  readonly historyLength: number;
  /** Size of this execution's history so far. */
  readonly historyBytes: number;
  /** `true`: Temporal suggests to continue as new. */
  readonly continueAsNewSuggested: boolean;
  /** `requested`: the documents in flight are not yet cancelled or left. `handled`: they are. */
  readonly cancellation: 'none' | 'requested' | 'handled';
  readonly isPaused: boolean;
  readonly width: number;
  /** Documents in flight that this execution has started. Temporal reports their ends. */
  readonly children: number;
  /** The children and groups whose start is not confirmed yet. */
  readonly starting: number;
  /** Documents in flight that another execution has started. An activity follows them. */
  readonly adopted: number;
  /** Documents that were read and can be started. */
  readonly queued: number;
  readonly hasMorePages: boolean;
  /** Groups of documents in flight. Temporal reports their ends to the execution that has started them. */
  readonly groups: number;
  /** Documents of these groups whose outcomes are not taken yet. */
  readonly groupDocuments: number;
  /** `true`: a group has outcomes to take, or has ended. */
  readonly hasTakeable: boolean;
  /** Number of documents of the next group to start. `undefined`: there is none */
  readonly nextGroup: number | undefined;
  /** Deletions at Extend that have not ended. */
  readonly deletions: number;
  /** Outcomes that are not written yet. */
  readonly unwritten: number;
  /** Those of them that the next segment takes. */
  readonly inSegment: number;
  /** Documents that failed since the batch was last started, also before it continued as new. */
  readonly failedNow: number;
  /** @default none */
  readonly stopAfterFailures: number | undefined;
}

/** The next step of a batch. */
export type BatchStep =
  | { readonly kind: 'start'; readonly count: number }
  | {
      /** `writeLast` writes the last segment: no document is started, and no outcome follows. */
      readonly kind:
        'read' | 'write' | 'writeLast' | 'startGroup' | 'take' | 'cancel' | 'continueAsNew' | 'wait' | 'finish';
    };

/** Limits of one segment. The bytes are those of JSON: Temporal refuses an activity's input of 2 MB. */
const SEGMENT_OUTCOMES = 200;
const SEGMENT_BYTES = 1_000_000;
/** Limit of documents in flight that are parsed one by one in a bulk batch. Each is a child workflow. */
const MAX_SINGLES = 500;
/** Limit of unconfirmed starts: most of the events that they add to the history are not counted yet. */
const MAX_STARTING = 50;

/**
 * Events that one document in flight may still add to the history. A child adds its end and a workflow task for it. For
 * an adopted document an activity ends and another one begins.
 */
const EVENTS_PER_CHILD = 4;
const EVENTS_PER_ADOPTED = 6;
/** A group adds a signal, a workflow task and a segment for each part of its documents. */
const EVENTS_PER_GROUP = 100;
/** Temporal suggests to continue as new at 4,096 events. The difference is room for starts, pages and segments. */
const MAX_EVENTS = 3_600;
/** Documents and results are in the history. Temporal suggests to continue as new at 4 MB. */
const MAX_HISTORY_BYTES = 2_000_000;

/** Decides the next step of a batch. Pure. */
export function nextStep(situation: BatchSituation): BatchStep {
  const { cancellation, children, starting, adopted, groups, unwritten, inSegment } = situation;
  if (cancellation === 'requested') return { kind: starting > 0 ? 'wait' : 'cancel' };
  if (situation.hasTakeable) return { kind: 'take' };
  const mayStart = hasMore(situation) && !isStopped(situation);
  if (!mayStart && children + adopted + groups === 0) return endStep(situation);
  if (unwritten >= SEGMENT_OUTCOMES || inSegment < unwritten) return { kind: 'write' };
  // The next execution would not know of the cancellation. The history has room to end in this one.
  if (cancellation === 'none' && isLong(situation)) return continueStep(situation);
  return mayStart && !situation.isPaused ? startStep(situation) : { kind: 'wait' };
}

/** Temporal reports the ends of the groups to this execution only, so it waits for them. */
function continueStep({ starting, groups, deletions, unwritten }: BatchSituation): BatchStep {
  if (starting > 0 || groups > 0 || deletions > 0) return { kind: 'wait' };
  return { kind: unwritten > 0 ? 'write' : 'continueAsNew' };
}

function endStep({ deletions, unwritten, inSegment }: BatchSituation): BatchStep {
  if (deletions > 0) return { kind: 'wait' };
  if (unwritten === 0) return { kind: 'finish' };
  return { kind: inSegment < unwritten ? 'write' : 'writeLast' };
}

/**
 * Gives the number of outcomes that the next segment takes: at least one, if there is one. Pure.
 *
 * @param sizes sizes of the outcomes that are not written yet, in bytes of JSON
 */
export function segmentLength(sizes: readonly number[]): number {
  return Math.min(fittingCount(sizes, SEGMENT_BYTES), SEGMENT_OUTCOMES);
}

function startStep(situation: BatchSituation): BatchStep {
  const { width, children, starting, adopted, queued, groupDocuments, nextGroup } = situation;
  const inFlight = children + adopted + groupDocuments;
  if (nextGroup !== undefined) {
    // A group is started as a whole. One that is larger than the width is in flight alone.
    return { kind: inFlight === 0 || inFlight + nextGroup <= width ? 'startGroup' : 'wait' };
  }
  const room = Math.min(width - inFlight, MAX_SINGLES - children - adopted, MAX_STARTING - starting);
  if (room <= 0) return { kind: 'wait' };
  return queued === 0 ? { kind: 'read' } : { kind: 'start', count: Math.min(room, queued) };
}

function hasMore({ queued, hasMorePages, nextGroup }: BatchSituation): boolean {
  return queued > 0 || hasMorePages || nextGroup !== undefined;
}

function isStopped({ cancellation, failedNow, stopAfterFailures }: BatchSituation): boolean {
  return cancellation !== 'none' || (stopAfterFailures !== undefined && failedNow >= stopAfterFailures);
}

function isLong(situation: BatchSituation): boolean {
  const { historyLength, historyBytes, continueAsNewSuggested, children, adopted, groups } = situation;
  const singles = children * EVENTS_PER_CHILD + adopted * EVENTS_PER_ADOPTED;
  const expected = historyLength + singles + groups * EVENTS_PER_GROUP;
  return continueAsNewSuggested || expected > MAX_EVENTS || historyBytes > MAX_HISTORY_BYTES;
}

/**
 * Decides about a document whose workflow has ended, but whose outcome no earlier execution of the batch has recorded
 * as done. A workflow that was cancelled or terminated or that timed out is started again, and with `retryFailed` one
 * that failed. After `SubmitOutcomeUnknown` a run may exist and be billed, so the document is never submitted again.
 * Pure.
 */
export function afterEarlierEnd(type: string | undefined, retryFailed: boolean): 'record' | 'restart' {
  if (type === undefined || type === 'SubmitOutcomeUnknown') return 'record';
  const isEndedFromOutside = type === 'Cancelled' || type === 'Terminated' || type === 'TimedOut';
  return isEndedFromOutside || retryFailed ? 'restart' : 'record';
}
