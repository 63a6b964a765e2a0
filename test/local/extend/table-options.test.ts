/** Risk tested here: an option for tables has no effect, and code that relies on it is never tested. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startEmulator, type Emulator } from '../../../local/extend';
import { parseBytes } from './api-call';
import { makePdf, type MadePage } from './made-pdf';
import { sampleDocument } from './sample-documents';

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator();
});
afterAll(() => emulator.close());

const COLUMNS = [72, 160, 300, 400];

/** A page with a table of ruled lines. */
function tablePage(rows: readonly (readonly string[])[]): MadePage {
  const bottom = 60 + 20 * rows.length;
  return {
    texts: rows.flatMap((row, at) => row.map((text, column) => ({ text, x: COLUMNS[column]! + 4, y: 74 + 20 * at }))),
    rules: [
      ...Array.from({ length: rows.length + 1 }, (_, at) => [72, 60 + 20 * at, 400, 60 + 20 * at] as const),
      ...COLUMNS.map((x) => [x, 60, x, bottom] as const),
    ],
  };
}

const HEADER = ['Date', 'Customer', 'Berth'];
const rows = (from: number) =>
  Array.from({ length: 8 }, (_, at) => [`2026-${from + at}`, `Name ${from + at}`, `B${from + at}`]);
const PDF = makePdf([tablePage([HEADER, ...rows(10)]), tablePage(rows(20))]);

it('tableHeaderContinuationEnabled copies the header of a table to the next page', async () => {
  const parse = async (tables: unknown) => {
    const run = await parseBytes(emulator, PDF, 'a.pdf', { blockOptions: { tables } });
    return run.chunks.map(({ content }: { content: string }) => content.split('\n')[0]);
  };
  expect(await parse({ tableHeaderContinuationEnabled: true })).toEqual([
    '| Date | Customer | Berth |',
    '| Date | Customer | Berth |',
  ]);
  expect(await parse({})).toEqual(['| Date | Customer | Berth |', '| 2026-20 | Name 20 | B20 |']);
});

it('cellBlocksEnabled gives each cell as a child of its table, with its location where the file has one', async () => {
  const config = { blockOptions: { tables: { cellBlocksEnabled: true } } };
  const run = await parseBytes(emulator, PDF, 'a.pdf', config);
  const [table] = run.chunks[0].blocks;
  expect(table.children).toHaveLength(27);
  expect(table.children[1]).toMatchObject({ type: 'table_head', content: 'Customer', parentBlockId: table.id });
  expect(table.children[4]).toMatchObject({
    type: 'table_cell',
    content: 'Name 10',
    details: { type: 'table_cell_details', rowIndex: 1, columnIndex: 1 },
    metadata: { page: { number: 1, width: 612, height: 792 } },
    boundingBox: { left: 160, top: 80, right: 300, bottom: 100 },
  });
  const sheet = await parseBytes(emulator, sampleDocument('orders.csv'), 'orders.csv', config);
  expect(sheet.chunks[0].blocks[0].children[0]).toMatchObject({ type: 'table_head', polygon: [] });
  expect((await parseBytes(emulator, PDF, 'a.pdf')).chunks[0].blocks[0].children).toBeUndefined();
});
