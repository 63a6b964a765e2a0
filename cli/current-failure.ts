import type { Client, WorkflowHandle } from '@temporalio/client';
import type { ParseProgress } from '../contract';
import { defined } from '../json';

/** The failure type with which the `retry` engine waits: it is no failure for a person. */
const STILL_PROCESSING = 'StillProcessing';
/** Documents of a batch that are looked at for a failure. They stand for the others, because an outage hits all. */
const MAX_DOCUMENTS = 3;

/** The failure that a document in flight waits after. */
export interface CurrentFailure {
  /** The failure in words. */
  readonly message: string;
  /** Time of the next attempt, epoch milliseconds, if it is known. */
  readonly nextAttemptAtMs?: number;
}

/** A point in time in Temporal's protocol. Only the members that are used. */
interface Timestamp {
  readonly seconds?: unknown;
  readonly nanos?: number | null;
}

/**
 * Finds the failure that a document waits after: of an activity that Temporal tries again, or of a submit after which the
 * workflow waits. An attempt in flight counts too, because it may hang. The query of the workflow needs a running worker.
 *
 * @returns `undefined` if the last attempt did not fail
 */
export async function findCurrentFailure(handle: WorkflowHandle): Promise<CurrentFailure | undefined> {
  const { raw } = await handle.describe();
  const pending = raw.pendingActivities ?? [];
  for (const { lastFailure, nextAttemptScheduleTime } of pending) {
    const type = lastFailure?.applicationFailureInfo?.type;
    const message = lastFailure?.message;
    if (message && type !== STILL_PROCESSING) {
      return { message, ...defined({ nextAttemptAtMs: toEpochMs(nextAttemptScheduleTime) }) };
    }
  }
  if (pending.length > 0) return undefined;
  const { phase, lastFailure } = await handle.query<ParseProgress>('progress');
  if (phase !== 'submitting' || lastFailure === undefined) return undefined;
  return { message: lastFailure, ...defined({ nextAttemptAtMs: await findTimer(handle) }) };
}

/** Finds the failure that a batch waits after: its own, or that of one of its documents in flight. */
export async function findBatchFailure(client: Client, batchId: string): Promise<CurrentFailure | undefined> {
  const batch = client.workflow.getHandle(batchId);
  const { raw } = await batch.describe();
  const own = (raw.pendingActivities ?? []).length > 0 ? await findCurrentFailure(batch) : undefined;
  if (own !== undefined) return own;
  for (const { workflowId } of (raw.pendingChildren ?? []).slice(0, MAX_DOCUMENTS)) {
    const failure = await findCurrentFailure(client.workflow.getHandle(workflowId ?? '')).catch(() => undefined);
    if (failure !== undefined) return failure;
  }
  return undefined;
}

/** The time when the workflow's pending timer fires, epoch milliseconds. The history of a document that waits is short. */
async function findTimer(handle: WorkflowHandle): Promise<number | undefined> {
  const { events } = await handle.fetchHistory();
  const last = events?.findLast(({ timerStartedEventAttributes: timer }) => timer);
  const hasFired = events?.some(
    ({ timerFiredEventAttributes: fired }) => fired?.startedEventId?.toString() === last?.eventId?.toString(),
  );
  const startedAtMs = toEpochMs(last?.eventTime);
  const timeoutMs = toEpochMs(last?.timerStartedEventAttributes?.startToFireTimeout);
  if (hasFired || startedAtMs === undefined || timeoutMs === undefined) return undefined;
  return startedAtMs + timeoutMs;
}

function toEpochMs(time: Timestamp | null | undefined): number | undefined {
  return time ? Number(time.seconds ?? 0) * 1_000 + (time.nanos ?? 0) / 1e6 : undefined;
}

/** A failure as a person reads it, with the time of the next attempt on this machine's clock. */
export function describeFailure({ message, nextAttemptAtMs }: CurrentFailure): string {
  const next = nextAttemptAtMs === undefined ? '' : `; next attempt at ${toClockTime(nextAttemptAtMs)}`;
  return `last failure: ${message}${next}`;
}

function toClockTime(epochMs: number): string {
  return new Date(epochMs).toTimeString().slice(0, 'hh:mm:ss'.length);
}
