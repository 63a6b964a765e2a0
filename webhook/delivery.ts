/**
 * Outcome of a delivery, by the status of its answer.
 *
 * - 200: `signalled` (a workflow got the signal), `repeated` (a workflow got it from an earlier delivery), `ended` (the workflow has ended or never existed), `foreign` (a run of
 *   another program or namespace), `ignored` (an event that needs no signal: another type, one of many runs of a bulk submit,
 *   or a payload that no request will bring).
 * - 401, 405: `refused` (the signature is missing, wrong or too old; or it is no POST request).
 * - 400, 408, 413: `unreadable` (not JSON, in too many pieces, not received in time, or larger than 1 MB).
 * - 503: `unavailable` (Temporal did not answer, or the secrets could not be read). Extend sends the event again.
 * - 500: `failed` (the body was read before the handler got the request).
 */
export type DeliveryOutcome =
  'signalled' | 'repeated' | 'ended' | 'foreign' | 'ignored' | 'refused' | 'unreadable' | 'unavailable' | 'failed';

/** A delivery that was answered. Nothing in it is a secret, a URL or content of a document. */
export interface WebhookDelivery {
  readonly outcome: DeliveryOutcome;
  /** HTTP status of the answer. */
  readonly status: number;
  /** Explanation, in words. Absent where the outcome says it all. */
  readonly reason?: string;
  /** Type of the event. Absent until the signature was found to be right, as the following members. */
  readonly eventType?: string;
  readonly eventId?: string;
  /** Extend's id of the run, or of the batch run. */
  readonly runId?: string;
  /** Workflows that got the signal. Absent if none did. */
  readonly workflowIds?: readonly string[];
  /** Time from the timestamp that Extend signed to the accepted signal, in milliseconds. Only if a workflow was signalled. */
  readonly delayMs?: number;
  /** Time that the handler took, in milliseconds. */
  readonly durationMs: number;
}

/** The end of a delivery without its duration. */
export type DeliveryEnd = Omit<WebhookDelivery, 'durationMs'>;
