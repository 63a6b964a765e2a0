/** What the next step of a batch is decided from. */
export interface BatchSituation {
  /** Events of this run's history so far. */
  readonly historyLength: number;
  /** Size of this run's history so far. */
  readonly historyBytes: number;
  /** Whether Temporal suggests to continue as new. */
  readonly continueAsNewSuggested: boolean;
  /** `requested`: the documents in progress have not been dealt with yet. */
  readonly cancellation: 'none' | 'requested' | 'handled';
  readonly isPaused: boolean;
  readonly width: number;
  /** Documents in progress that this run has started: it is told when they end. */
  readonly own: number;
  /** Those of them whose start is not confirmed yet. */
  readonly starting: number;
  /** Documents in progress that others have started: they are asked after. */
  readonly followed: number;
  /** Documents that were read and can be started. */
  readonly queued: number;
  readonly hasMorePages: boolean;
  /** Outcomes that are not written yet. */
  readonly unwritten: number;
  /** Documents that failed since the batch was started. */
  readonly failedNow: number;
  /** @default none */
  readonly stopAfterFailures: number | undefined;
}

/** What a batch does next. */
export type BatchStep =
  | { readonly kind: 'start'; readonly count: number }
  | {
      /** `writeLast` writes the last segment: no document is started, and no outcome follows. */
      readonly kind: 'read' | 'write' | 'writeLast' | 'cancel' | 'continueAsNew' | 'wait' | 'finish';
    };

/** Outcomes of one segment: fewer only at the end of a run. */
export const SEGMENT_OUTCOMES = 200;
/** Starts that may be unconfirmed at a time: most of what they add to the history is not counted yet. */
const MAX_STARTING = 50;

/**
 * Events that one document in progress may still add to the history: its end and a workflow task for it. One that is
 * asked after ends an activity, and another one begins.
 */
const EVENTS_PER_OWN = 4;
const EVENTS_PER_FOLLOWED = 6;
/** Temporal suggests to continue as new at 4,096 events; what is left is room for starts, pages and segments. */
const MAX_EVENTS = 3_600;
/** Documents and results are in the history; Temporal suggests to continue as new at 4 MB. */
const MAX_HISTORY_BYTES = 2_000_000;

/** Decides what a batch does next. Pure. */
export function nextStep(situation: BatchSituation): BatchStep {
  const { cancellation, own, starting, followed, unwritten } = situation;
  if (cancellation === 'requested') return { kind: starting > 0 ? 'wait' : 'cancel' };
  const mayStart = hasMore(situation) && !isStopped(situation);
  if (!mayStart && own + followed === 0) return endStep(unwritten);
  if (unwritten >= SEGMENT_OUTCOMES) return { kind: 'write' };
  // A new run would not know of the cancellation; there is room to end in this one.
  if (cancellation === 'none' && isLong(situation)) {
    if (starting > 0) return { kind: 'wait' };
    return { kind: unwritten > 0 ? 'write' : 'continueAsNew' };
  }
  return mayStart && !situation.isPaused ? startStep(situation) : { kind: 'wait' };
}

function endStep(unwritten: number): BatchStep {
  if (unwritten === 0) return { kind: 'finish' };
  return { kind: unwritten > SEGMENT_OUTCOMES ? 'write' : 'writeLast' };
}

function startStep({ width, own, starting, followed, queued }: BatchSituation): BatchStep {
  const room = Math.min(width - own - followed, MAX_STARTING - starting);
  if (room <= 0) return { kind: 'wait' };
  return queued === 0 ? { kind: 'read' } : { kind: 'start', count: Math.min(room, queued) };
}

function hasMore({ queued, hasMorePages }: BatchSituation): boolean {
  return queued > 0 || hasMorePages;
}

function isStopped({ cancellation, failedNow, stopAfterFailures }: BatchSituation): boolean {
  return cancellation !== 'none' || (stopAfterFailures !== undefined && failedNow >= stopAfterFailures);
}

function isLong({ historyLength, historyBytes, continueAsNewSuggested, own, followed }: BatchSituation): boolean {
  const expected = historyLength + own * EVENTS_PER_OWN + followed * EVENTS_PER_FOLLOWED;
  return continueAsNewSuggested || expected > MAX_EVENTS || historyBytes > MAX_HISTORY_BYTES;
}

/**
 * What follows for a document whose workflow an earlier start of the batch has brought to an end, but not recorded as
 * done: what was only ended from outside is started again, a failure where `retryFailed` says so. Pure. One whose submit
 * had an unknown outcome may be at Extend, and billed: it is never sent again.
 */
export function afterEarlierEnd(type: string | undefined, retryFailed: boolean): 'record' | 'restart' {
  if (type === undefined || type === 'SubmitOutcomeUnknown') return 'record';
  const isEndedFromOutside = type === 'Cancelled' || type === 'Terminated' || type === 'TimedOut';
  return isEndedFromOutside || retryFailed ? 'restart' : 'record';
}
