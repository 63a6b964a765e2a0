import type { HistoryEvent } from './history';

/**
 * Counts the billable Actions of one workflow by the rules of Temporal Cloud. One Action each: the start, a timer, a
 * scheduled activity, a retry of an activity, and a signal.
 */
export function billableActions(events: readonly HistoryEvent[]): number {
  return events.reduce((sum, event) => sum + actionsOf(event), 0);
}

function actionsOf(event: HistoryEvent): number {
  if (event.workflowExecutionStartedEventAttributes) return 1;
  if (event.timerStartedEventAttributes) return 1;
  if (event.workflowExecutionSignaledEventAttributes) return 1;
  // The history shows the last attempt only, with its number. The first attempt stands for the scheduling.
  return event.activityTaskStartedEventAttributes?.attempt ?? 0;
}
