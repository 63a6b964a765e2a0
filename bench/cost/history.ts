import { temporal } from '@temporalio/proto';

/** The history of a workflow. */
export type History = temporal.api.history.v1.IHistory;
/** One event of a history. */
export type HistoryEvent = temporal.api.history.v1.IHistoryEvent;

/** Size of a history in Temporal's own encoding, in which the server keeps and sends it. */
export function historyBytes(history: History): number {
  return temporal.api.history.v1.History.encode(history).finish().byteLength;
}
