/** Risk tested here: the page of metrics is not what Prometheus reads. */
import { expect, it } from '@jest/globals';
import { createWebhookMetrics } from '../../webhook';

it('counts deliveries by outcome, and the delay of those that signalled, in the format of Prometheus', () => {
  const metrics = createWebhookMetrics();
  const deliver = (delivery: object) =>
    metrics.onDelivery({ outcome: 'foreign', status: 200, durationMs: 1, ...delivery });
  deliver({});
  deliver({});
  deliver({ outcome: 'signalled', delayMs: 400 });
  deliver({ outcome: 'signalled', delayMs: 1500 });
  deliver({ outcome: 'signalled', delayMs: 500_000 });
  const lines = metrics.toPrometheus().split('\n');
  const values = lines.filter((line) => !line.startsWith('#'));
  expect(values).toEqual([
    'extend_parse_webhook_deliveries{outcome="foreign"} 2',
    'extend_parse_webhook_deliveries{outcome="signalled"} 3',
    ...['0.25"} 0', '0.5"} 1', '1"} 1', '2"} 2', '3"} 2', '5"} 2', '8"} 2', '12"} 2', '20"} 2', '30"} 2'].map(
      (rest) => `extend_parse_webhook_delay_seconds_bucket{le="${rest}`,
    ),
    ...['60"} 2', '120"} 2', '300"} 2', '+Inf"} 3'].map(
      (rest) => `extend_parse_webhook_delay_seconds_bucket{le="${rest}`,
    ),
    'extend_parse_webhook_delay_seconds_sum 501.9',
    'extend_parse_webhook_delay_seconds_count 3',
    '',
  ]);
  expect(lines.filter((line) => line.startsWith('# TYPE'))).toEqual([
    '# TYPE extend_parse_webhook_deliveries counter',
    '# TYPE extend_parse_webhook_delay_seconds histogram',
  ]);
});
