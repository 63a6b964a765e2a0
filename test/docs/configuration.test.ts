/** docs/configuration.md lists the variables that the code reads, and no others. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from '@jest/globals';
import { KNOWN_VARIABLES } from '../../cli/known-variables';

const ROOT = join(__dirname, '../..');
const page = readFileSync(join(ROOT, 'docs/configuration.md'), 'utf8');

/** The distinct matches of a pattern, sorted. */
const namesIn = (text: string, pattern: RegExp) => [...new Set(text.match(pattern))].sort();

/** The variables that the first column of the table under a heading names. */
function listedUnder(heading: string): string[] {
  const [, section = ''] = page.split(`## ${heading}\n`);
  const [table = ''] = section.split('\n## ');
  return namesIn([...table.matchAll(/^\| (`.*?) \| /gm)].map(([, cell]) => cell).join(' '), /\b[A-Z]+_[A-Z_]+\b/g);
}

it("docs/configuration.md lists exactly the worker's variables", () => {
  const code = readFileSync(join(ROOT, 'worker/configuration.ts'), 'utf8');
  expect(listedUnder('The worker')).toEqual(namesIn(code, /\bEXTEND_[A-Z_]+\b/g));
});

it('docs/configuration.md lists exactly the variables of the webhook receiver', () => {
  const folder = join(ROOT, 'cli/webhook');
  const code = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
  expect(listedUnder('The webhook receiver')).toEqual(namesIn(code.join('\n'), /\bEXTEND_WEBHOOK_[A-Z_]+\b/g));
});

it("docs/configuration.md names the variables of Temporal's SDK", () => {
  const folder = dirname(require.resolve('@temporalio/envconfig'));
  const code = readdirSync(folder).filter((name) => name.endsWith('.js'));
  const read = namesIn(code.map((name) => readFileSync(join(folder, name), 'utf8')).join('\n'), /\bTEMPORAL_[A-Z_]+/g);
  expect(read).toContain('TEMPORAL_ADDRESS');
  expect(read.filter((name) => !page.includes(`\`${name}`))).toEqual([]);
});

it('the doctor knows exactly the variables of docs/configuration.md', () => {
  const cells = [...page.matchAll(/^\| (`.*?) \| /gm)].map(([, cell]) => cell).join(' ');
  expect(namesIn(cells, /\bEXTEND_[A-Z_]+\b/g)).toEqual([...KNOWN_VARIABLES].sort());
});
