import { METRICS, type MetricRow } from '../contract';

/**
 * Bucket bounds of this package's histograms, for the option `histogramBucketOverrides` of Temporal's runtime. The
 * command `extend-parse worker` sets them. If you install your own runtime, pass them to it, because Temporal's default
 * bounds are meant for milliseconds.
 */
export const METRIC_BUCKETS: Record<string, number[]> = Object.fromEntries(
  Object.entries<MetricRow>(METRICS).flatMap(([name, { buckets }]) => (buckets ? [[name, [...buckets]]] : [])),
);
