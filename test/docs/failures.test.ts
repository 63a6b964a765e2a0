import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { FAILURES } from '../../contract';

const page = readFileSync(join(__dirname, '../../docs/failures.md'), 'utf8');

/** The rows of all tables on the page whose first cell is a failure type. */
function documentedRows(): Record<string, string[]> {
  const rows = page.matchAll(/^\| `(?<type>[A-Za-z]+)` \| (?<cells>.*) \|$/gm);
  return Object.fromEntries([...rows].map(({ groups }) => [groups?.type, groups?.cells?.split(' | ') ?? []]));
}

describe('docs/failures.md', () => {
  it('lists exactly the failure types of the code, with their words', () => {
    const expected = Object.entries(FAILURES).map(([type, { meaning, remedy }]) => [type, [meaning, remedy]]);
    expect(documentedRows()).toEqual(Object.fromEntries(expected));
  });

  it('has the final types in the first table and the retried ones in the second', () => {
    const [final = '', retried = ''] = page.split('## Seen by operators');
    for (const [type, { ends }] of Object.entries(FAILURES)) {
      expect((ends === 'final' ? final : retried).includes(`| \`${type}\` |`)).toBe(true);
    }
  });
});
