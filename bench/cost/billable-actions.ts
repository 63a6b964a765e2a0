import type { HistoryEvent } from './history';

/**
 * Billable Actions of one workflow by the rules of Temporal Cloud: one each for the start, each timer, each activity that
 * is scheduled and each time that one is retried, and each signal.
 */
export function billableActions(events: readonly HistoryEvent[]): number {
  return events.reduce((sum, event) => sum + actionsOf(event), 0);
}

function actionsOf(event: HistoryEvent): number {
  if (event.workflowExecutionStartedEventAttributes) return 1;
  if (event.timerStartedEventAttributes) return 1;
  if (event.workflowExecutionSignaledEventAttributes) return 1;
  // The history shows the last attempt only, with its number; the first is the scheduling.
  return event.activityTaskStartedEventAttributes?.attempt ?? 0;
}
