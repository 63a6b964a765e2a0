/**
 * How long one request to Extend may take at most, in milliseconds. A worker may be told to give up earlier, not later:
 * the workflow's time limits of the activities are a little longer than these, so that the activity's own limit, which
 * knows what happened, comes first.
 */
export const MAX_REQUEST_MS = {
  /** A status read. */
  status: 20_000,
  /** A deletion. All that a workflow spends on deleting is 30 s, and a killed worker must leave time for another. */
  deletion: 5_000,
  /** A submit. */
  submit: 60_000,
  /** Fetching or storing a result, or an upload: one hour. Heartbeats tell of a dead worker long before. */
  fetch: 3_600_000,
} as const;
