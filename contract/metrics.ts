/** Description of one metric. The page `docs/metrics.md` shows this table. */
export interface MetricRow {
  /** A `counter` only grows. A `histogram` counts values by size and adds them up. */
  readonly type: 'counter' | 'histogram';
  /** Unit of the values, in the notation of UCUM. `1` is the unit of counts. */
  readonly unit: '1' | 's' | 'By';
  /** Names of the labels. Temporal adds its own labels. */
  readonly labels: readonly string[];
  /** Upper bounds of a histogram's buckets, in its unit. */
  readonly buckets?: readonly number[];
  /** Measured value, and the time of the measurement. */
  readonly meaning: string;
}

/** Every metric of this package. Names and labels are wire names, because dashboards and alerts contain them. */
export const METRICS = {
  extend_parse_documents: {
    type: 'counter',
    unit: '1',
    labels: ['outcome'],
    meaning:
      'Documents that have ended. `outcome` is `Processed`, `Cancelled`, a final failure type, or `Unexpected` for any other error.',
  },
  extend_parse_submits: {
    type: 'counter',
    unit: '1',
    labels: ['outcome'],
    meaning:
      'Submits, counted by `outcome`: `accepted`, `rejected` (429, or no connection), `refused` (for good), `ambiguous` (no readable answer: a run may exist and be billed). A bulk submit counts once.',
  },
  extend_parse_adopted_runs: {
    type: 'counter',
    unit: '1',
    labels: [],
    meaning: "Runs whose submit had no readable answer, and which the workflow found in Extend's list of runs.",
  },
  extend_parse_duplicate_runs: {
    type: 'counter',
    unit: '1',
    labels: [],
    meaning:
      'Further runs of a document that lost answers have left at Extend, as far as they were found. Each may be billed.',
  },
  extend_parse_polls: {
    type: 'histogram',
    unit: '1',
    labels: ['engine'],
    buckets: [1, 2, 3, 5, 8, 12, 20, 35, 60, 100, 200, 500, 1000],
    meaning: 'Polls of a document, counted when it has ended. Documents that attach to a run count too.',
  },
  extend_parse_detection_delay_seconds: {
    type: 'histogram',
    unit: 's',
    labels: ['engine'],
    buckets: [0.25, 0.5, 1, 2, 3, 5, 8, 12, 20, 30, 60, 120, 300],
    meaning:
      "Time from the end of a run at Extend until a poll sees the end. The end is computed: the time of the accepted submit plus Extend's own processing time. Time that a run waits in Extend's queue therefore counts as delay.",
  },
  extend_parse_stored_bytes: {
    type: 'counter',
    unit: 'By',
    labels: [],
    meaning: 'Bytes of runs that were written to the result store. A run that is stored again counts again.',
  },
  extend_parse_api_request_seconds: {
    type: 'histogram',
    unit: 's',
    labels: ['operation', 'outcome'],
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 60, 120, 300],
    meaning:
      'Requests to Extend, from connecting to the last byte. The count of the histogram is the number of requests. `outcome` is `ok`, the HTTP status of an error, `notReceived` (no connection), `noAnswer`, `unreadable`, or `aborted` (the worker gave up: a cancellation, or a store that failed).',
  },
} as const satisfies Readonly<Record<string, MetricRow>>;

/** Every metric of a webhook receiver. It has no worker, so these are apart from {@link METRICS}. */
export const WEBHOOK_METRICS = {
  extend_parse_webhook_deliveries: {
    type: 'counter',
    unit: '1',
    labels: ['outcome'],
    meaning:
      'Deliveries of events, counted by `outcome`: `signalled`, `repeated` (an event that was signalled before), `ended` (the workflow has ended), `foreign` (a run of another program), `ignored` (an event that needs no signal), `refused` (wrong signature), `unreadable`, `unavailable` (no answer of Temporal) or `failed`.',
  },
  extend_parse_webhook_delay_seconds: {
    type: 'histogram',
    unit: 's',
    labels: [],
    buckets: [0.25, 0.5, 1, 2, 3, 5, 8, 12, 20, 30, 60, 120, 300],
    meaning:
      'Time from the timestamp that Extend signed until Temporal has accepted the signal. Extend signs each attempt anew, so the time before a repeated attempt does not count. The timestamp has whole seconds.',
  },
} as const satisfies Readonly<Record<string, MetricRow>>;

/** Name of a metric of this package. */
export type MetricName = keyof typeof METRICS;

/** Names of metrics of one type. */
export type MetricNameOf<Type extends MetricRow['type']> = {
  [Name in MetricName]: (typeof METRICS)[Name]['type'] extends Type ? Name : never;
}[MetricName];

/** Labels of a metric, with their values. */
export type MetricLabels<Name extends MetricName> = Readonly<Record<(typeof METRICS)[Name]['labels'][number], string>>;
