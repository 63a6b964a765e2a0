/** docs/input.md lists the fields and defaults of the code, and no others. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { findInputProblem, resolveSchedule } from '../../contract';
import { attachInput, documentInput } from '../../contract/check-input';

const page = readFileSync(join(__dirname, '../../docs/input.md'), 'utf8');

/** Field and default of each row in the tables under a heading. */
function rowsUnder(heading: string): Record<string, string> {
  const [, section = ''] = page.split(`## ${heading}\n`);
  const [table = ''] = section.split('\n## ');
  const rows = table.matchAll(/^\| `(?<name>[\w.]+)` \| (?<standard>.*?) \| /gm);
  return Object.fromEntries([...rows].map(({ groups }) => [groups?.['name'] ?? '', groups?.['standard'] ?? '']));
}

/** The problem that the check finds in an input with this polling. */
const problemOf = (polling: object) => findInputProblem({ file: { fileId: 'file_1' }, polling });

it('docs/input.md lists exactly the fields of the input', () => {
  const fields = Object.keys(rowsUnder('Fields'));
  const known = new Set([...Object.keys(documentInput.entries), ...Object.keys(attachInput.entries)]);
  expect(fields.sort()).toEqual([...known].sort());
});

it('docs/input.md lists the polling fields with the defaults of the code', () => {
  const { firstDelayMs: initialDelayMs, scaleMs, factor, maxDelayMs, jitter, backoff } = resolveSchedule();
  const schedule = { engine: 'timer', backoff, initialDelayMs, scaleMs, factor, maxDelayMs, jitter };
  const expected = { ...schedule, expectWebhook: '`false`' };
  const rows = Object.entries({ ...expected, expectedDurationMs: undefined }).map(([name, value]) => {
    const text =
      value === undefined
        ? 'none'
        : typeof value === 'string' && !value.startsWith('`')
          ? `\`'${value}'\``
          : String(value);
    return [`polling.${name}`, text];
  });
  expect(rowsUnder('Polling fields')).toEqual(Object.fromEntries(rows));
  for (const name of Object.keys({ ...expected, expectedDurationMs: 0 }))
    expect(problemOf({ [name]: {} })).not.toContain('not a known field');
});
