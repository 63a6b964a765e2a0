/** The sample shows the output of the local Extend at its best: headings, paragraphs and a table, and no text is lost. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startEmulator, type Emulator } from '../../local/extend';
import { parseBytes } from '../local/extend/api-call';
import { makeSampleInvoice } from './sample-invoice';

const SAMPLE = new Uint8Array(readFileSync(join(__dirname, '../../cli/sample/invoice.pdf')));

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator();
});
afterAll(() => emulator.close());

it('cli/sample/invoice.pdf is the invoice that test/cli/sample-invoice.ts makes', () => {
  expect(Buffer.from(SAMPLE).equals(Buffer.from(makeSampleInvoice()))).toBe(true);
});

it('the sample is parsed into headings, paragraphs and a table', async () => {
  const run = await parseBytes(emulator, SAMPLE, 'invoice.pdf');
  const blocks = run.chunks[0].blocks as { type: string; content: string }[];
  expect(blocks.filter(({ type }) => type.includes('heading')).map(({ content }) => content)).toEqual([
    '# Invoice 2026-118',
    '## Bill to',
    '## Items',
    '# Payment',
  ]);
  const [table, ...others] = blocks.filter(({ type }) => type === 'table');
  expect(others).toEqual([]);
  expect(table?.content.split('\n')).toEqual([
    '| Item | Quantity | Unit price | Amount |',
    '| --- | --- | --- | --- |',
    '| Chart paper, A1 | 20 sheets | 1.80 | 36.00 |',
    '| Signal flags, set of 40 | 1 set | 129.00 | 129.00 |',
    '| Mooring line, 12 mm | 60 m | 2.15 | 129.00 |',
    '| Delivery to the pier | 1 | 18.50 | 18.50 |',
    '| Total |  |  | 312.50 |',
  ]);
  expect(run.chunks[0].content).toContain('Please pay 312.50 euros by 4 December 2026');
});
