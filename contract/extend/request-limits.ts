/**
 * Longest time limits of requests to Extend, in milliseconds. A worker can be configured with shorter limits only. The
 * workflow sets slightly longer time limits for the activities, so that the limit of the request ends it first: the
 * activity can then report what happened.
 */
export const MAX_REQUEST_MS = {
  /** Time limit of a poll. */
  status: 20_000,
  /**
   * Time limit of a deletion. A workflow spends at most 30 s on deletions. If a worker is killed, another worker still
   * needs time to try.
   */
  deletion: 5_000,
  /** Time limit of a submit. */
  submit: 60_000,
  /**
   * Largest configurable limit of fetching or storing a result, and of an upload: one hour. The default is 5 minutes.
   * Heartbeats reveal a dead worker much earlier.
   */
  fetch: 3_600_000,
} as const;
