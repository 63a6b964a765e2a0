import type { Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { until } from '../support/until';

type History = Awaited<ReturnType<ReturnType<Client['workflow']['getHandle']>['fetchHistory']>>;
/** One event of a workflow's history. */
export type HistoryEvent = NonNullable<History['events']>[number];

/** A durable timer of a workflow. */
export interface Timer {
  readonly summary: string;
  readonly ms: number;
  /** Start of the timer, epoch milliseconds of the workflow's own clock. */
  readonly startedAtMs: number;
}

/** An activity that a workflow scheduled. */
export interface ScheduledActivity {
  readonly type: string;
  readonly summary: string;
  readonly input: unknown;
  /** Time of the scheduling, epoch milliseconds of the workflow's own clock. */
  readonly scheduledAtMs: number;
}

/** Returns the history of one workflow execution. */
export async function historyOf(client: Client, workflowId: string, runId?: string): Promise<HistoryEvent[]> {
  const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
  return events ?? [];
}

/** Resolves when an activity of the workflow has been requested to cancel. */
export async function untilActivityCancelRequested(client: Client, workflowId: string): Promise<void> {
  await until(async () => {
    const events = await historyOf(client, workflowId);
    return events.some((event) => event.activityTaskCancelRequestedEventAttributes);
  });
}

/** Returns the histories of all executions of a workflow that continued as new, the first one first. */
export async function historiesOf(client: Client, workflowId: string): Promise<HistoryEvent[][]> {
  const histories: HistoryEvent[][] = [];
  let { runId } = await client.workflow.getHandle(workflowId).describe();
  while (runId !== '') {
    const events = await historyOf(client, workflowId, runId);
    histories.unshift(events);
    runId = events[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId ?? '';
  }
  return histories;
}

/** Returns the timers in a history, in order. */
export function timersOf(events: readonly HistoryEvent[]): Timer[] {
  return events.flatMap((event, at) => {
    const timeout = event.timerStartedEventAttributes?.startToFireTimeout;
    if (!timeout) return [];
    return [{ summary: summaryOf(event), ms: toMs(timeout), startedAtMs: workflowTimeMs(events, at) }];
  });
}

/** Returns the activities in a history, in order. */
export function activitiesOf(events: readonly HistoryEvent[]): ScheduledActivity[] {
  return events.flatMap((event, at) => {
    const scheduled = event.activityTaskScheduledEventAttributes;
    if (!scheduled) return [];
    const [payload] = scheduled.input?.payloads ?? [];
    const input = payload ? defaultPayloadConverter.fromPayload<unknown>(payload) : undefined;
    const type = scheduled.activityType?.name ?? '';
    return [{ type, summary: summaryOf(event), input, scheduledAtMs: workflowTimeMs(events, at) }];
  });
}

/** Returns the time at which the workflow received the first end of an activity of that type, epoch milliseconds of its own clock. */
export function seenEndedAtMs(events: readonly HistoryEvent[], activityType: string): number {
  const scheduled = events.find(
    (event) => event.activityTaskScheduledEventAttributes?.activityType?.name === activityType,
  );
  const ended = events.findIndex(
    ({ activityTaskCompletedEventAttributes: done }) =>
      done && String(done.scheduledEventId) === String(scheduled?.eventId),
  );
  const task = events.slice(ended).find((after) => after.workflowTaskStartedEventAttributes);
  return toMs(task?.eventTime);
}

/** Returns the time of the workflow's own clock, which stands still during a task. */
function workflowTimeMs(events: readonly HistoryEvent[], at: number): number {
  const task = events.slice(0, at).findLast((event) => event.workflowTaskStartedEventAttributes);
  return toMs(task?.eventTime);
}

function summaryOf(event: HistoryEvent): string {
  const summary = event.userMetadata?.summary;
  return summary ? defaultPayloadConverter.fromPayload<string>(summary) : '';
}

function toMs(time: { seconds?: unknown; nanos?: number | null } | null | undefined): number {
  return Number(time?.seconds ?? 0) * 1000 + (time?.nanos ?? 0) / 1e6;
}
