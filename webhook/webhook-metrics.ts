import { WEBHOOK_METRICS } from '../contract';
import type { WebhookDelivery } from './delivery';

/** The metrics of a webhook handler. */
export interface WebhookMetrics {
  /** Counts a delivery. Give it to the handler as `onDelivery`. */
  readonly onDelivery: (delivery: WebhookDelivery) => void;
  /** Returns all metrics in Prometheus' text format, version 0.0.4. */
  readonly toPrometheus: () => string;
}

type MetricName = keyof typeof WEBHOOK_METRICS;

const BUCKETS = WEBHOOK_METRICS.extend_parse_webhook_delay_seconds.buckets;

/** Creates the metrics of one webhook handler, all at zero. `docs/metrics.md` lists them. */
export function createWebhookMetrics(): WebhookMetrics {
  const deliveries = new Map<string, number>();
  const counts = BUCKETS.map(() => 0);
  const delay = { count: 0, seconds: 0 };
  const onDelivery = ({ outcome, delayMs }: WebhookDelivery) => {
    deliveries.set(outcome, (deliveries.get(outcome) ?? 0) + 1);
    if (delayMs === undefined) return;
    const seconds = Math.max(0, delayMs) / 1000;
    delay.count += 1;
    delay.seconds += seconds;
    BUCKETS.forEach((bound, at) => seconds <= bound && (counts[at] = (counts[at] ?? 0) + 1));
  };
  const toPrometheus = () => {
    const byOutcome = [...deliveries].map(([outcome, count]) => [`{outcome="${outcome}"}`, count] as const);
    const buckets = BUCKETS.map((bound, at) => [`_bucket{le="${bound}"}`, counts[at] ?? 0] as const);
    return [
      ...linesOf('extend_parse_webhook_deliveries', byOutcome),
      ...linesOf('extend_parse_webhook_delay_seconds', [
        ...buckets,
        ['_bucket{le="+Inf"}', delay.count],
        ['_sum', delay.seconds],
        ['_count', delay.count],
      ]),
      '',
    ].join('\n');
  };
  return { onDelivery, toPrometheus };
}

/** The lines of one metric. A sample is the rest of its name with its labels, and its value. */
function linesOf(name: MetricName, samples: readonly (readonly [string, number])[]): string[] {
  const { type, meaning } = WEBHOOK_METRICS[name];
  return [
    `# HELP ${name} ${meaning}`,
    `# TYPE ${name} ${type}`,
    ...samples.map(([rest, value]) => `${name}${rest} ${value}`),
  ];
}
