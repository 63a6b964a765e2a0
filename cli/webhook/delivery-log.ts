import type { WebhookDelivery } from '../../webhook';
import { toLabel } from '../to-label';

/** Pause between two lines about deliveries that are refused for the same reason, in milliseconds: a flood must not fill a disk. */
const REFUSAL_PAUSE_MS = 10_000;

/** Outcomes of deliveries that are normal, and whose number has no limit. */
const NORMAL: ReadonlySet<string> = new Set(['foreign', 'ignored', 'repeated']);
/** Outcomes of deliveries that a stranger can cause. */
const BY_STRANGERS: ReadonlySet<string> = new Set(['refused', 'unreadable']);

/**
 * Creates a log with one line for each delivery that signalled a workflow or has failed. Deliveries that are foreign or
 * ignored, and repetitions, are normal and get no line, unless there is a reason to tell. Refused and unreadable ones get
 * at most one line in 10 s for each reason.
 */
export function createDeliveryLog(write: (line: string) => void): (delivery: WebhookDelivery) => void {
  const refusedAtMs = new Map<string, number>();
  return (delivery) => {
    const { outcome, reason = '' } = delivery;
    if (NORMAL.has(outcome) && reason === '') return;
    if (BY_STRANGERS.has(outcome)) {
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
