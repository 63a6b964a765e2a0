import type { WebhookDelivery } from '../../webhook';
import { toLabel } from '../to-label';

/** Pause between two lines about deliveries of strangers with the same reason, in milliseconds: a flood must not fill a disk. */
const REFUSAL_PAUSE_MS = 10_000;

/** Outcomes of deliveries that are normal, and whose number has no limit. */
const NORMAL: ReadonlySet<string> = new Set(['foreign', 'ignored', 'repeated']);

/**
 * Creates a log with one line for each delivery that signalled a workflow or has failed. Deliveries that are foreign or
 * ignored, and repetitions, are normal and get no line, unless there is a reason to tell. Deliveries without a right
 * signature, or that ended before it was checked, get at most one line in 10 s for each reason.
 */
export function createDeliveryLog(write: (line: string) => void): (delivery: WebhookDelivery) => void {
  const refusedAtMs = new Map<string, number>();
  return (delivery) => {
    const { outcome, eventType, reason = '' } = delivery;
    if (NORMAL.has(outcome) && reason === '') return;
    // The type of the event is known only if the signature is right.
    if (eventType === undefined) {
      const nowMs = performance.now();
      if (nowMs - (refusedAtMs.get(reason) ?? -Infinity) < REFUSAL_PAUSE_MS) return;
      refusedAtMs.set(reason, nowMs);
    }
    write(toLabel(describeDelivery(delivery)));
  };
}

function describeDelivery({
  outcome,
  status,
  reason,
  eventType,
  runId,
  workflowIds,
  delayMs,
}: WebhookDelivery): string {
  const facts = [
    eventType,
    runId === undefined ? undefined : `run ${runId}`,
    workflowIds === undefined ? undefined : `workflow ${workflowIds.join(', ')}`,
    delayMs === undefined ? undefined : `${delayMs} ms after its timestamp`,
    reason,
  ].filter((fact) => fact !== undefined);
  return [`${outcome} (${status})`, ...facts].join('; ');
}
