import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { METRICS, WEBHOOK_METRICS, type MetricRow } from '../../contract';

const page = readFileSync(join(__dirname, '../../docs/metrics.md'), 'utf8');
const rows: Readonly<Record<string, MetricRow>> = { ...METRICS, ...WEBHOOK_METRICS };

/** The rows of all tables on the page whose first cell is a metric, by the number of their cells. */
function documentedRows(cells: number): Record<string, string[]> {
  const found = [...page.matchAll(/^\| `(?<name>extend_parse_\w+)` \| (?<rest>.*) \|$/gm)];
  const pairs = found.map(({ groups }) => [groups?.name ?? '', (groups?.rest ?? '').split(' | ')] as const);
  return Object.fromEntries(pairs.filter(([, rest]) => rest.length === cells));
}

it('docs/metrics.md lists exactly the metrics of the code, with type, unit, labels and meaning', () => {
  const expected = Object.entries(rows).map(([name, { type, unit, labels, meaning }]) => [
    name,
    [type, unit, labels.map((label) => `\`${label}\``).join(', '), meaning],
  ]);
  expect(documentedRows(4)).toEqual(Object.fromEntries(expected));
});

it('docs/metrics.md lists the buckets of the code', () => {
  const expected = Object.entries(rows).flatMap(([name, { buckets }]) =>
    buckets === undefined ? [] : [[name, [buckets.join(', ')]]],
  );
  expect(documentedRows(1)).toEqual(Object.fromEntries(expected));
});
