import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Block as AnyBlock, Chunk as AnyChunk } from '../../../contract/extend/parse-api';
import { startEmulator, type Emulator } from '../../../local/extend';
import { call, finishedRun, parseBytes, upload } from './api-call';
import { sampleDocument } from './sample-documents';

/** The emulator's blocks and chunks, which have all fields that the contract documents. */
type Block = AnyBlock & { content: string };
type Chunk = AnyChunk & { metadata: { pageRange: { start: number; end: number } }; blocks: Block[] };

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator();
});
afterAll(() => emulator.close());

interface Parsed {
  readonly chunks: Chunk[];
  readonly pageCount: number;
  readonly blocks: Block[];
}

/** Parses by name and configuration. A document is parsed once for all tests that check it. */
const parses = new Map<string, Promise<Parsed>>();

function parse(name: string, config?: unknown): Promise<Parsed> {
  const key = JSON.stringify([name, config]);
  const parsed = parses.get(key) ?? parseNow(name, config);
  parses.set(key, parsed);
  return parsed;
}

async function parseNow(name: string, config?: unknown): Promise<Parsed> {
  const run = await parseBytes(emulator, sampleDocument(name), name, config);
  expect(run.status).toBe('PROCESSED');
  const chunks = run.chunks as Chunk[];
  return { chunks, pageCount: run.metrics.pageCount, blocks: chunks.flatMap((chunk) => chunk.blocks) };
}

function contents(blocks: readonly Block[], type: string): string[] {
  return blocks.filter((block) => block.type === type).map((block) => block.content);
}

describe('PDF', () => {
  it('has one chunk per page, with headings and the size of each page', async () => {
    const { chunks, pageCount, blocks } = await parse('fhs-3.0.pdf');
    expect([chunks.length, pageCount]).toEqual([50, 50]);
    expect(chunks[9]?.metadata.pageRange).toEqual({ start: 10, end: 10 });
    expect(contents(blocks, 'heading')).toContain('# Chapter 3. The Root Filesystem');
    expect(contents(blocks, 'section_heading')).toContain('## 3.1. Purpose');
    expect(chunks[9]?.blocks[0]?.metadata?.page).toEqual({ number: 10, width: 612, height: 792 });
  });

  it('has tables with their cells and counts', async () => {
    const { blocks } = await parse('fhs-3.0.pdf');
    const table = blocks.find((block) => block.content.includes('| words |'));
    expect(table).toMatchObject({ type: 'table', details: { type: 'table_details', rowCount: 2, columnCount: 2 } });
    expect(table?.content).toMatch(/^\| File \| Description \|\n\| --- \| --- \|\n\| words \| List of English words/);
  });

  it('locates every block within its page, with a polygon of the same corners', async () => {
    const { blocks } = await parse('12s0324.pdf');
    expect(blocks.length).toBeGreaterThan(20);
    for (const { boundingBox, polygon } of blocks) {
      const { left, top, right, bottom } = boundingBox as { left: number; top: number; right: number; bottom: number };
      expect(left).toBeGreaterThanOrEqual(0);
      expect(top).toBeGreaterThanOrEqual(0);
      expect(right).toBeGreaterThan(left);
      expect(bottom).toBeGreaterThan(top);
      expect(right).toBeLessThanOrEqual(420);
      expect(bottom).toBeLessThanOrEqual(660);
      expect(polygon?.[0]).toEqual({ x: left, y: top });
      expect(polygon?.[2]).toEqual({ x: right, y: bottom });
    }
    const title = blocks.find((block) => block.content.includes('Table 324. Arrests by Sex and Age: 2009'));
    expect(title?.boundingBox?.top).toBeCloseTo(27.8, 0);
  });

  it('as spatial text keeps the columns', async () => {
    const { chunks } = await parse('12s0324.pdf', { target: 'spatial' });
    expect(chunks[0]?.content).toMatch(/Total {20,}Male {10,}Female/);
  });
});

describe('page ranges', () => {
  it('count and bill the selected pages only, renumbered from 1', async () => {
    const pageRanges = [{ start: 10, end: 11 }, { start: 11, end: 11 }, { start: 50 }];
    const config = { advancedOptions: { pageRanges } };
    const run = await parseBytes(emulator, sampleDocument('fhs-3.0.pdf'), 'fhs-3.0.pdf', config);
    expect(run.metrics.pageCount).toBe(3);
    expect(run.usage).toEqual({ credits: 6 });
    expect(run.config.advancedOptions.pageRanges).toEqual(pageRanges);
    expect(run.chunks.map((chunk: Chunk) => chunk.metadata.pageRange.start)).toEqual([1, 2, 3]);
    expect(run.chunks[0].content).toContain('Chapter 3. The Root Filesystem');
    expect(run.chunks[0].blocks[0].metadata.page.number).toBe(1);
  });

  it('that select nothing leave no page, and an empty list selects all', async () => {
    expect((await parse('harbour.md', { advancedOptions: { pageRanges: [{ start: 7 }] } })).pageCount).toBe(0);
    expect((await parse('harbour.md', { advancedOptions: { pageRanges: [] } })).pageCount).toBe(1);
  });

  it('that are not valid are refused at the submit', async () => {
    const config = { advancedOptions: { pageRanges: [{ start: 0 }] } };
    const answer = await call(emulator, 'POST', '/parse/async', {
      file: { fileUrl: 'http://emulator.invalid/ok' },
      config,
    });
    expect([answer.status, answer.body.code]).toEqual([400, 'INVALID_CONFIG_OPTIONS']);
  });
});

describe('chunking', () => {
  it('by document makes one chunk of all pages', async () => {
    const { chunks } = await parse('orders.xlsx', { chunkingStrategy: { type: 'document' } });
    expect(chunks).toHaveLength(1);
    expect(chunks[0]).toMatchObject({ type: 'document', metadata: { pageRange: { start: 1, end: 2 } } });
  });

  it('by section begins a chunk at each heading', async () => {
    const { chunks } = await parse('harbour.md', { chunkingStrategy: { type: 'section' } });
    expect(chunks.map(({ type, content }) => [type, content.split('\n')[0]])).toEqual([
      ['section', '# Harbour handbook'],
      ['section', '## Moorings'],
      ['section', '## Weather'],
    ]);
  });

  it('joins chunks below minCharacters and cuts those above maxCharacters between blocks', async () => {
    const options = { minCharacters: 60 };
    const joined = await parse('harbour.md', { chunkingStrategy: { type: 'section', options } });
    expect(joined.chunks.map(({ content }) => content.match(/^#+ .*/gm))).toEqual([
      ['# Harbour handbook', '## Moorings'],
      ['## Weather'],
    ]);
    const cut = await parse('harbour.md', { chunkingStrategy: { type: 'document', options: { maxCharacters: 120 } } });
    expect(cut.chunks.length).toBeGreaterThan(2);
    for (const { content } of cut.chunks) expect(content.length).toBeLessThanOrEqual(120);
    const whole = await parse('harbour.md', { chunkingStrategy: { type: 'document' } });
    expect(cut.blocks).toEqual(whole.blocks);
  });
});

describe('Word', () => {
  it('has paragraphs, and tables with their first row as header', async () => {
    const { chunks, blocks } = await parse('tables.docx');
    expect(chunks[0]?.content).toBe(
      'Above\n\n| Top left | Top right |\n| --- | --- |\n| Bottom left | Bottom right |\n\nBelow',
    );
    expect(blocks.map((block) => block.type)).toEqual(['text', 'table', 'text']);
  });

  it('keeps the position of merged cells', async () => {
    const { blocks } = await parse('tbl-cell-access.docx');
    expect(contents(blocks, 'table')[3]).toBe('| 1 | 2 | 3 |\n| --- | --- | --- |\n| 4 |  | 6 |\n|  |  | 9 |');
  });

  it('has lists and footnotes, without layout', async () => {
    const list = await parse('simple-list.docx');
    expect(list.chunks[0]?.content).toMatch(/^- +Apple\n- +Banana$/);
    expect(list.blocks[0]).toMatchObject({
      metadata: { page: { number: 1 } },
      polygon: [],
      boundingBox: { left: null, top: null, right: null, bottom: null },
    });
    expect((await parse('footnotes.docx')).chunks[0]?.content).toContain('A tachyon walks into a bar.');
  });
});

describe('HTML', () => {
  it('has headings, links, lists, loose text and tables, but no scripts and no embedded images', async () => {
    const { chunks, blocks } = await parse('harbour.html');
    const text = chunks[0]?.content ?? '';
    expect(contents(blocks, 'heading')).toEqual(['# Harbour handbook']);
    expect(contents(blocks, 'section_heading')).toEqual(['## Moorings']);
    expect(text).toContain('Rules for the **small** harbour, see [the map](https://example.com/map).');
    expect(text).toContain('Loose words beside _elements_.');
    expect(text).toMatch(/- +Tie up at both ends\.\n- +Keep the ladder free\./);
    expect(contents(blocks, 'table')).toEqual([
      '| Berth | Length and draught in m |  |\n| --- | --- | --- |\n| A | 8 | 1.2 |\n|  | 12 | 1.8 at low tide |',
    ]);
    expect(text).not.toMatch(/never parsed|font-family|base64/);
  });

  it('has tables as HTML if the configuration says so', async () => {
    const config = { blockOptions: { tables: { targetFormat: 'html' } } };
    const { blocks } = await parse('harbour.html', config);
    expect(contents(blocks, 'table')[0]).toContain('<tr><td>A</td><td>8</td><td>1.2</td></tr>');
  });
});

describe('text and spreadsheets', () => {
  it('markdown stays unchanged, in blocks, with a fenced block in one piece', async () => {
    const { chunks, blocks } = await parse('harbour.md');
    expect(`${chunks[0]?.content}\n`).toContain('```text\none cone: gale expected\n\ntwo cones: storm expected\n```\n');
    expect(contents(blocks, 'table')).toEqual([
      '| Berth | Length in m | Free |\n| --- | --- | --- |\n| A1 | 8 | yes |\n| A2 | 12 | no |',
    ]);
  });

  it('equal blocks have equal ids, others do not', async () => {
    const text = new TextEncoder().encode('Same words.\n\nSame words.\n\nOther words.\n');
    const run = await parseBytes(emulator, text, 'a.txt');
    const [first, second, third] = run.chunks[0].blocks.map((block: Block) => block.id);
    expect(first).toMatch(/^block_[A-Za-z0-9_-]{21}$/);
    expect(second).toBe(first);
    expect(third).not.toBe(first);
  });

  it('form feeds separate pages, and other encodings than UTF-8 are recognized', async () => {
    const latin = new Uint8Array(Buffer.from('caf\xe9\fpage two', 'latin1'));
    const run = await parseBytes(emulator, latin, 'a.txt');
    expect(run.chunks.map((chunk: Chunk) => chunk.content)).toEqual(['café', 'page two']);
    const utf16 = new Uint8Array(Buffer.from('\ufeffcaf\xe9', 'utf16le'));
    expect((await parseBytes(emulator, utf16, 'b.txt')).chunks[0].content).toBe('café');
  });

  it('CSV becomes one table, with any delimiter', async () => {
    const { blocks } = await parse('orders.csv');
    expect(blocks).toHaveLength(1);
    expect(blocks[0]).toMatchObject({ type: 'table', details: { rowCount: 3, columnCount: 4 } });
    expect(blocks[0]?.content).toContain('| 2026-02-03 | Toner; black | 2 | 61.90 |');
  });

  it('each sheet of a workbook is a page, with values as the workbook shows them', async () => {
    const { chunks, pageCount } = await parse('orders.xlsx');
    // Pages are an estimate by the volume of the content, and not the number of sheets.
    expect([chunks.length, pageCount]).toEqual([2, 1]);
    expect(chunks[0]?.content).toBe(
      [
        '## Orders\n',
        '| Date | Item | Quantity | Price |',
        '| --- | --- | --- | --- |',
        '| 2026-01-15 | Paper A4 | 12 | 4.50 |',
        '| 2026-02-03 | Toner \\| black | 2 | 61.90 |',
        '|  | Total | 14 | 177.80 |',
      ].join('\n'),
    );
    expect(chunks[1]?.content).toContain('| Nord Papier | Kiel |');
  });
});

describe('types of files', () => {
  it.each([
    ['12s0324.pdf', 'PDF'],
    ['tables.docx', 'DOCX'],
    ['orders.xlsx', 'EXCEL'],
    ['orders.csv', 'CSV'],
    ['harbour.html', 'HTML'],
    ['harbour.md', 'TXT'],
  ])('%s is uploaded as %s', async (name, type) => {
    expect((await upload(emulator, sampleDocument(name), name)).body.file.type).toBe(type);
  });

  it('the content decides, not the name', async () => {
    const run = await parseBytes(emulator, sampleDocument('tables.docx'), 'tables.bin');
    expect(run.chunks[0].content).toContain('| Bottom left | Bottom right |');
  });

  it('an image is known by its beginning, and fails if the rest is missing', async () => {
    const uploaded = await upload(emulator, sampleDocument('receipt.png').slice(0, 100), 'a.png');
    expect(uploaded.body.file.type).toBe('IMG');
    const { body } = await call(emulator, 'POST', '/parse/async', { file: { fileId: uploaded.body.file.id } });
    expect(await finishedRun(emulator, body.id)).toMatchObject({
      object: 'parser_run_status',
      status: 'FAILED',
      failureReason: 'CORRUPT_FILE',
    });
  });
});
