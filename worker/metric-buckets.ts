import { METRICS, type MetricRow } from '../contract';

/**
 * Bounds of the buckets of this package's histograms: `histogramBucketOverrides` of Temporal's runtime. `extend-parse
 * worker` sets them; where you install a runtime of your own, give them to it, since Temporal's defaults are made for
 * milliseconds.
 */
export const METRIC_BUCKETS: Record<string, number[]> = Object.fromEntries(
  Object.entries<MetricRow>(METRICS).flatMap(([name, { buckets }]) => (buckets ? [[name, [...buckets]]] : [])),
);
