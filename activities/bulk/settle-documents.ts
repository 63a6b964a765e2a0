import { cancellationSignal, log } from '@temporalio/activity';
import type { DocumentFailure, FailureDetails } from '../../contract';
import { isEndedStatus, type ListedRun } from '../../contract/extend';
import { defined, errorMessage } from '../../json';
import { redact } from '../../privacy';
import { BULK_VERSION } from './bulk-version';
import { afterMissing } from './after-missing';
import { deliverRuns, type DeliveryParts, type EndedRunOf } from './deliver-runs';
import type { GroupRuns } from './group-runs';
import { inLanes } from './lanes';
import type { OpenGroup, StandingDocument, SubmittedDocument } from './open-group';
import { Pace, repeatAfter } from './repeat';

/** Requests about one run each that are in flight at a time. */
const AT_ONCE = 8;
/** Attempts after the deadline in which no result could be stored. */
const MAX_LATE_FAILURES = 3;
/** Runs that one attempt polls alone. */
const MAX_ALONE = 100;

/** The facts of one attempt from which the documents are settled. */
export interface Settlement {
  /** The runs of the group that Extend has listed. */
  readonly runs: GroupRuns;
  /** `false`: the look for the runs of lost submits ended before the end of the list. */
  readonly isLookComplete: boolean;
  /** `true`: the batches have ended or the deadline has passed, so each document is decided about. */
  readonly isLast: boolean;
  /** `true`: the batches have ended. */
  readonly hasEnded: boolean;
  readonly parts: DeliveryParts;
}

/**
 * Records the documents whose runs have ended, and decides about those that have no run. A document that the list lacks or
 * shows too late is polled alone.
 *
 * @returns `true` if results are left to store
 */
export async function settleDocuments(group: OpenGroup, settlement: Settlement): Promise<boolean> {
  const { parts } = settlement;
  const known = await knownRuns(group, settlement);
  const ended = known.filter(({ run }) => isEndedStatus(run.status));
  for (const one of ended) if (one.run.status !== 'PROCESSED') await settleFailed(group, one);
  const processed = ended.filter(({ run }) => run.status === 'PROCESSED');
  const isDelivered = await deliverInTime(group, processed, parts);
  await settleMissing(group, new Set(known.map(({ one }) => one.document.id)), settlement);
  if (group.remainingMs === 0) await settleOverdue(group, known, isDelivered);
  await group.log.flush();
  return processed.some(({ one }) => group.log.outcomeOf(one.document.id) === undefined);
}

/** Stores results. After the deadline there are few attempts. @returns `false` if the store or Extend failed in the last */
async function deliverInTime(
  group: OpenGroup,
  processed: readonly EndedRunOf[],
  parts: DeliveryParts,
): Promise<boolean> {
  try {
    await deliverRuns(group, processed, parts);
    return true;
  } catch (error) {
    cancellationSignal().throwIfAborted();
    group.details.lateFailures += group.remainingMs > 0 ? 0 : 1;
    if (group.details.lateFailures < MAX_LATE_FAILURES) throw error;
    log.warn(`the deadline has passed, and results are not stored: ${errorMessage(error)}`);
    return false;
  }
}

/** The runs of the documents without an outcome. A run that has not ended although its batch has is polled alone. */
async function knownRuns(group: OpenGroup, { runs, hasEnded, parts }: Settlement): Promise<EndedRunOf[]> {
  const known = group.standing('accepted').flatMap((one): EndedRunOf[] => {
    const { id } = one.document;
    const run = runs.get(one.standing.entry, id);
    if (run === undefined) return [];
    const others = group.accepted.filter((entry) => entry !== one.standing.entry);
    return [{ one, run, otherRuns: others.flatMap((entry) => runs.get(entry, id)?.runId ?? []) }];
  });
  if (!hasEnded) return known;
  const late = known.filter(({ run }) => !isEndedStatus(run.status)).map(({ run }) => run);
  const states = await pollAlone(nextOf(late, group.details.polls), parts);
  return known.map((one) => ({ ...one, run: states.get(one.run.runId) ?? one.run }));
}

/** Gives as many runs as one attempt polls alone, other ones at each poll. Pure. */
export function nextOf<T>(runs: readonly T[], polls: number): readonly T[] {
  const start = (polls * MAX_ALONE) % Math.max(runs.length, 1);
  return [...runs.slice(start), ...runs.slice(0, start)].slice(0, MAX_ALONE);
}

/** Polls runs one by one. The runs of which no state can be had now are polled again later. */
async function pollAlone(
  runs: readonly ListedRun[],
  { extend }: DeliveryParts,
): Promise<ReadonlyMap<string, ListedRun>> {
  const states = new Map<string, ListedRun>();
  const signal = cancellationSignal();
  const pace = new Pace();
  await inLanes(runs, AT_ONCE, async (run) => {
    const send = () => extend.version(BULK_VERSION).pollRun(run.runId, { signal });
    try {
      states.set(run.runId, { ...run, ...(await repeatAfter(['RateLimited'], { purpose: 'read', pace }, send)) });
    } catch (error) {
      signal.throwIfAborted();
      log.warn(`the state of the run is not known: ${errorMessage(error)}`, { parserRunId: run.runId });
    }
  });
  return states;
}

/**
 * Records a run that has ended without a result. A run of an earlier start of the batch that was cancelled is submitted
 * again, and with `retryFailed` one that failed.
 */
async function settleFailed(group: OpenGroup, { one, run, otherRuns }: EndedRunOf): Promise<void> {
  const { entry } = one.standing;
  const isEarlier = entry.firstRunId !== group.reference.startId;
  if (isEarlier && (run.status === 'CANCELLED' || group.settings.retryFailed)) {
    await group.log.add({ kind: 'again', id: one.document.id, upTo: entry.number });
    return;
  }
  await group.fail(one, toRunFailure(run, otherRuns));
}

function toRunFailure(
  { runId, status, failureReason, failureMessage }: ListedRun,
  otherRuns: readonly string[],
): Pick<DocumentFailure, 'type' | 'message' | 'details'> {
  const given = defined({ failureReason, failureMessage });
  const texts = Object.fromEntries(Object.entries(given).map(([name, text]) => [name, redact(text)]));
  const reason = [...new Set(Object.values(texts))].join(': ') || 'no reason given';
  const others = defined({ otherRuns: otherRuns.length > 0 ? otherRuns : undefined });
  const details: FailureDetails = { status, runId, ...texts, ...others };
  return { type: 'ParserRunFailed', message: `Extend ended ${runId} as ${status}: ${reason}`, details };
}

/**
 * Decides about the documents of which no run was listed: those of lost submits, and with the last list those of batches
 * that have ended.
 */
async function settleMissing(
  group: OpenGroup,
  known: ReadonlySet<string>,
  { isLast, isLookComplete, runs }: Settlement,
): Promise<void> {
  const waiting = new Set<number>();
  const kinds = isLast ? (['accepted', 'lost'] as const) : (['lost'] as const);
  for (const one of group.standing<'accepted' | 'lost'>(...kinds)) {
    if (known.has(one.document.id)) continue;
    const { kind, entry } = one.standing;
    // The look did not search for a submit that was given up.
    const isListComplete = kind === 'lost' ? isLookComplete && entry.isGivenUp !== true : runs.isComplete;
    if ((await settleOneMissing(group, one, isListComplete)) === 'wait') waiting.add(one.standing.entry.number);
  }
  await group.log.flush();
  for (const entry of group.lost) {
    if (!waiting.has(entry.number)) await group.ledger.change(entry, { isGivenUp: true });
  }
}

async function settleOneMissing(
  group: OpenGroup,
  one: StandingDocument<'accepted' | 'lost'>,
  isListComplete: boolean,
): Promise<'wait' | 'again' | 'fail'> {
  const { entry, submits, kind } = one.standing;
  const { settings, details, nowMs } = group;
  const sinceMs = kind === 'lost' ? entry.atMs : (details.endedAtMs ?? nowMs);
  const { earlierSubmits = 0 } = one.document;
  const facts = { missingMs: nowMs - sinceMs, kind, submits: submits - earlierSubmits, isListComplete };
  const decision = afterMissing({ ...facts, ...settings });
  if (decision === 'again') await group.log.add({ kind: 'again', id: one.document.id, upTo: entry.number });
  if (decision !== 'fail') return decision;
  if (kind === 'lost') {
    const message = 'the bulk submit has no readable answer, and no run of it is listed';
    await group.fail(one, { type: 'SubmitOutcomeUnknown', message });
  } else {
    const message = `the batch ${entry.batchRunId} has ended, and no run of the document is listed`;
    await group.fail(one, { type: 'ParserRunNotFound', message });
  }
  return decision;
}

/**
 * The deadline has passed. Documents that have to be submitted again are not submitted any more. A run that has ended in
 * time is delivered by the next attempt, unless the store or Extend fails.
 */
async function settleOverdue(group: OpenGroup, known: readonly EndedRunOf[], isDelivered: boolean): Promise<void> {
  const runs = new Map(known.map(({ one, run }) => [one.document.id, run]));
  const left: SubmittedDocument[] = group.standing('accepted', 'lost', 'toSubmit');
  for (const one of left) {
    const run = runs.get(one.document.id);
    if (isDelivered && run?.status === 'PROCESSED') continue;
    const state = run === undefined ? 'before a run was listed' : `while ${run.runId} was ${run.status}`;
    const facts = run === undefined ? { runMayExist: true } : { runId: run.runId, status: run.status };
    await group.fail(one, { type: 'ParseDeadlineExceeded', message: `the deadline passed ${state}`, details: facts });
  }
}
