/** Risk tested here: strangers, or the runs of other programs, fill the disk with lines; or a failure has no line. */
import { expect, it } from '@jest/globals';
import { createDeliveryLog } from '../../cli/webhook/delivery-log';
import type { WebhookDelivery } from '../../webhook';

const base = { status: 200, durationMs: 1, eventType: 'parse_run.processed', runId: 'pr_1' };

/** The lines about these deliveries, whose signature is right. */
function linesOf(deliveries: readonly Partial<WebhookDelivery>[]): string[] {
  return linesAbout(deliveries.map((delivery) => ({ ...base, outcome: 'foreign', ...delivery })));
}

function linesAbout(deliveries: readonly WebhookDelivery[]): string[] {
  const lines: string[] = [];
  const log = createDeliveryLog((line) => lines.push(line));
  for (const delivery of deliveries) log(delivery);
  return lines;
}

it('a delivery that signalled or failed has a line, a normal one has none', () => {
  expect(
    linesOf([
      { outcome: 'signalled', workflowIds: ['w'], delayMs: 12 },
      { outcome: 'foreign' },
      { outcome: 'ignored' },
      { outcome: 'repeated' },
      { outcome: 'ended' },
      { outcome: 'unavailable', status: 503, reason: 'no answer' },
    ]),
  ).toEqual([
    'signalled (200); parse_run.processed; run pr_1; workflow w; 12 ms after its timestamp',
    'ended (200); parse_run.processed; run pr_1',
    'unavailable (503); parse_run.processed; run pr_1; no answer',
  ]);
});

it('an event that is ignored for a reason has a line', () => {
  const reason = 'the URL of the payload answered with 403';
  expect(linesOf([{ outcome: 'ignored', reason }])).toEqual([
    `ignored (200); parse_run.processed; run pr_1; ${reason}`,
  ]);
});

it('deliveries of strangers have one line for each reason in ten seconds, however many there are', () => {
  const wrong = { outcome: 'refused', status: 401, reason: 'the signature is wrong', durationMs: 1 } as const;
  const stale = { ...wrong, reason: 'the signature is stale' };
  const large = { ...wrong, outcome: 'unreadable', status: 413, reason: 'the body is larger than 1 MB' } as const;
  const full = { ...wrong, outcome: 'unavailable', status: 503, reason: 'too many bodies at the same time' } as const;
  expect(linesAbout(Array.from({ length: 100 }, () => [wrong, stale, large, full]).flat())).toHaveLength(4);
});

it('a line stays one line, whatever the words of the event are', () => {
  const [line = ''] = linesOf([{ outcome: 'ended', runId: 'pr_1\nsignalled (200)\u001b[2J' }]);
  expect(line).not.toMatch(/[\u0000-\u001f]/);
});
