/** Risk tested here: text that a PDF contains is missing in the markdown, and nothing says so. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startEmulator, type Emulator } from '../../../local/extend';
import { parseBytes } from './api-call';
import { makePdf, type MadePage, type MadeText } from './made-pdf';
import { sampleDocument } from './sample-documents';

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator();
});
afterAll(() => emulator.close());

/** The contents of the chunks of a made PDF. */
async function chunksOf(pages: readonly MadePage[], config?: unknown): Promise<string[]> {
  const run = await parseBytes(emulator, makePdf(pages), 'made.pdf', config);
  expect([run.status, run.failureReason]).toEqual(['PROCESSED', undefined]);
  return run.chunks.map((chunk: { content: string }) => chunk.content);
}

/** Lines of prose, the first at `y`. */
function prose(y: number, count: number, x = 72): MadeText[] {
  const words = 'the harbour master records every boat that enters and leaves the basin during the night'.split(' ');
  return Array.from({ length: count }, (_, at) => {
    const line = [...words.slice(at % 7), ...words.slice(0, at % 7)].slice(0, 11).join(' ');
    return { text: line, x, y: y + 15 * at };
  });
}

/** A table with ruled lines. */
function ruledTable(top: number, rows: readonly (readonly string[])[], columns: readonly number[]): MadePage {
  const height = 20;
  const [left = 0] = columns;
  const right = columns.at(-1) ?? 0;
  const bottom = top + height * rows.length;
  const horizontal = Array.from({ length: rows.length + 1 }, (_, at) => top + height * at);
  return {
    texts: rows.flatMap((row, at) =>
      row.map((text, column) => ({ text, x: (columns[column] ?? 0) + 4, y: top + height * at + 14 })),
    ),
    rules: [
      ...horizontal.map((y) => [left, y, right, y] as const),
      ...columns.map((x) => [x, top, x, bottom] as const),
    ],
  };
}

describe('running headers and footers', () => {
  const pages = [1000, 1001, 1002, 1003, 1004].map((number, at) => ({
    texts: [
      { text: `Invoice ${number}`, x: 72, y: 40 },
      ...prose(90, 12),
      { text: `Page ${at + 1} of 5`, x: 280, y: 770 },
    ],
  }));

  it('with changing numbers are in the markdown, at their places', async () => {
    const chunks = await chunksOf(pages);
    expect(chunks).toHaveLength(5);
    chunks.forEach((content, at) => {
      expect(content).toMatch(new RegExp(`^\\W*Invoice ${1000 + at}\\W`));
      expect(content).toMatch(new RegExp(`Page ${at + 1} of 5\\W*$`));
    });
  });
});

describe('sideways text', () => {
  it.each([90, 180, 270] as const)('of a page that the viewer turns by %d degrees is read', async (rotate) => {
    const [content] = await chunksOf([{ rotate, texts: prose(90, 20) }]);
    expect(content).toContain('the harbour master records every boat that enters and leaves');
  });

  it('of a page that is printed on its side is read line by line', async () => {
    const texts = [
      'Tide table of the harbour',
      'High water at six in the morning',
      'Low water at noon and at midnight',
    ];
    const sideways = texts.map((text, at) => ({ text, x: 100 + 20 * at, y: 700, angle: 90 }));
    const [content] = await chunksOf([{ texts: sideways }]);
    expect(content?.split(/\s*\n\s*/).join(' ')).toContain(texts.join(' '));
    const [unturned] = await chunksOf([{ texts: sideways }], { advancedOptions: { pageRotationEnabled: false } });
    for (const text of texts) expect(unturned).toContain(text);
  });

  it('beside other text is read', async () => {
    const margin = { text: 'Confidential draft of May', x: 30, y: 500, angle: 90 };
    const [content] = await chunksOf([{ texts: [...prose(90, 20), margin] }]);
    expect(content).toContain('Confidential draft of May');
  });
});

describe('headings', () => {
  it('that recur with other numbers begin sections', async () => {
    const pages = [1, 2, 3, 4, 5, 6].map((number) => ({
      texts: [
        { text: `Chapter ${number}`, x: 72, y: 70, size: 20, font: 'Helvetica-Bold' as const },
        ...prose(110, 15),
      ],
    }));
    const chunks = await chunksOf(pages, { chunkingStrategy: { type: 'section' } });
    expect(chunks.map((content) => /^#+ (.*)/.exec(content)?.[1])).toEqual(
      [1, 2, 3, 4, 5, 6].map((n) => `Chapter ${n}`),
    );
  });

  const bold = 'Helvetica-Bold' as const;
  const title = (text: string, y: number) => ({ text, x: 72, y, size: 18, font: bold });
  const subtitle = (text: string, y: number) => ({ text, x: 72, y, size: 14, font: bold });

  it('have levels by the sizes of their fonts', async () => {
    const cells = (y: number, row: readonly string[]) =>
      row.map((text, at) => ({ text, x: 72 + 110 * at, y, size: 10 }));
    const texts = [
      title('Annual report', 70),
      subtitle('Overview', 90),
      ...prose(130, 6),
      title('Sales', 240),
      ...cells(262, ['Month', 'Units', 'Price']),
      ...cells(276, ['January', '10', '4.50']),
      ...cells(290, ['February', '20', '5.50']),
      subtitle('Borderless', 340),
      ...prose(360, 4),
    ];
    const [content = ''] = await chunksOf([{ texts }]);
    expect(content.match(/^#+ .*/gm)).toEqual(['# Annual report', '## Overview', '# Sales', '## Borderless']);
  });

  it('that follow one another stay apart by their numbers', async () => {
    const texts = [
      title('Devices', 70),
      ...prose(100, 6),
      subtitle('3.6.1. Purpose', 210),
      subtitle('3.6.2. Specific options', 227),
      ...prose(250, 12),
    ];
    const [content = ''] = await chunksOf([{ texts }]);
    expect(content.match(/^#+ .*/gm)).toEqual(['# Devices', '## 3.6.1. Purpose', '## 3.6.2. Specific options']);
  });
});

describe('a printed receipt', () => {
  it('has paragraphs, not code', async () => {
    const lines = [
      'HARBOUR CAFE',
      '12 Quay Street',
      '24103 Kiel',
      '',
      'Coffee            2.80',
      'Total EUR         2.80',
    ];
    const texts = lines.flatMap((text, at) =>
      text === '' ? [] : [{ text, x: 72, y: 80 + 14 * at, font: 'Courier' as const }],
    );
    const [content = ''] = await chunksOf([{ texts }]);
    expect(content).not.toContain('```');
    for (const words of ['HARBOUR CAFE', '12 Quay Street', '24103 Kiel', 'Coffee', 'Total EUR']) {
      expect(content).toContain(words);
    }
  });

  it('does not change code', async () => {
    const lines = ['function add(a, b) {', '  const sum = a + b;', '  return sum;', '}'];
    const texts = lines.map((text, at) => ({ text, x: 72, y: 300 + 14 * at, font: 'Courier' as const }));
    const [content = ''] = await chunksOf([{ texts: [...prose(90, 12), ...texts, ...prose(400, 8)] }]);
    expect(content).toContain('```');
  });
});

describe('tables', () => {
  const columns = [72, 160, 300, 400, 520];
  const rowOf = (at: number) => [`2026-${at}`, `Customer ${at}`, `Berth ${at}`, `${at}.50`];

  it('that go on over pages stay tables with all their columns', async () => {
    const header = ['Date', 'Customer', 'Berth', 'Amount'];
    const pages = [0, 1, 2].map((page) => {
      const rows = Array.from({ length: 30 }, (_, at) => rowOf(100 + page * 30 + at));
      return ruledTable(60, page === 0 ? [header, ...rows] : rows, columns);
    });
    const chunks = await chunksOf(pages);
    chunks.forEach((content, page) => {
      for (let at = 100 + page * 30; at < 130 + page * 30; at += 1) {
        expect(content).toContain(`| ${rowOf(at).join(' | ')} |`);
      }
    });
  });

  it('of a balance sheet keep all figures', async () => {
    const figures = (y: number, label: string, numbers: readonly string[]) => [
      { text: label, x: 72, y },
      ...numbers.map((text, at) => ({ text, x: 330 + 80 * at, y })),
    ];
    const texts = [
      { text: 'Consolidated balance sheet', x: 72, y: 60, size: 16 },
      ...figures(90, '', ['Note', '2025', '2024']),
      ...figures(110, 'Assets', []),
      ...figures(126, '  Cash and cash equivalents', ['3', '1,204', '(998)']),
      ...figures(142, '  Receivables, net of allowance', ['4', '2,310', '2,001']),
      ...figures(158, 'Total current assets', ['', '3,514', '2,999']),
      ...figures(190, 'Liabilities and equity', []),
      ...figures(206, '  Trade payables', ['5', '871', '640']),
      ...figures(222, '  Retained earnings', ['', '2,643', '2,359']),
      ...figures(238, 'Total', ['', '3,514', '2,999']),
    ];
    const [content = ''] = await chunksOf([{ texts: texts.filter(({ text }) => text !== '') }]);
    for (const number of ['1,204', '(998)', '2,310', '2,001', '871', '640', '2,643', '2,359']) {
      expect(content).toContain(number);
    }
    expect(content.match(/3,514/g)).toHaveLength(2);
  });
});

/** Words of a text, to count them. */
function words(text: string): string[] {
  return (
    text
      .normalize('NFKC')
      .toLowerCase()
      .match(/\p{L}+|\p{N}+/gu) ?? []
  );
}

/** The share of the words of a text that another text has, each as often. */
function recall(wanted: string, got: string): number {
  const left = new Map<string, number>();
  for (const word of words(got)) left.set(word, (left.get(word) ?? 0) + 1);
  const all = words(wanted);
  const found = all.filter((word) => {
    const count = left.get(word) ?? 0;
    left.set(word, count - 1);
    return count > 0;
  });
  return all.length === 0 ? 1 : found.length / all.length;
}

describe('the corpus', () => {
  it.each(['12s0324.pdf', 'fhs-3.0.pdf'])('%s: each page has 99 %% of the words of its plain text', async (name) => {
    const bytes = sampleDocument(name);
    const markdown = await parseBytes(emulator, bytes, name);
    const spatial = await parseBytes(emulator, bytes, name, { target: 'spatial' });
    const recalls: number[] = spatial.chunks.map((chunk: { content: string }, at: number) =>
      recall(chunk.content, markdown.chunks[at].content),
    );
    const precisions: number[] = spatial.chunks.map((chunk: { content: string }, at: number) =>
      recall(markdown.chunks[at].content, chunk.content),
    );
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const figures = {
      pages: recalls.length,
      recall: mean(recalls),
      lowest: Math.min(...recalls),
      precision: mean(precisions),
    };
    process.stdout.write(`${name}: ${JSON.stringify(figures)}\n`);
    expect(Math.min(...recalls)).toBeGreaterThanOrEqual(0.99);
    // Text that is added twice would lower this.
    expect(mean(precisions)).toBeGreaterThanOrEqual(0.97);
  });
});
