/** Risk tested here: a type of Extend's list is refused, or its text is lost or garbled. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startEmulator, type Emulator } from '../../../local/extend';
import { parseBytes, upload } from './api-call';
import { CONTENT_TYPES, makeDeck, OFFICE, relations, zipOf } from './made-office';
import { honestEntry, makeZip } from './zip-bomb';

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator();
});
afterAll(() => emulator.close());

/** The contents of the chunks of a document. */
async function chunksOf(bytes: Uint8Array, name: string, config?: unknown): Promise<string[]> {
  const run = await parseBytes(emulator, bytes, name, config);
  expect([run.status, run.failureReason]).toEqual(['PROCESSED', undefined]);
  return run.chunks.map((chunk: { content: string }) => chunk.content);
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

describe('encodings', () => {
  // "Invoice" and "total amount" in Japanese, twenty times.
  const SHIFT_JIS = Buffer.from('90bf8b818f91203132330a8d878c768be08a7a2c343536', 'hex');

  it('Shift-JIS is read as such, not as mojibake', async () => {
    const lines = Buffer.concat(Array.from({ length: 20 }, () => Buffer.concat([SHIFT_JIS, Buffer.from('\n')])));
    const [text] = await chunksOf(new Uint8Array(lines), 'a.txt');
    expect(text).toContain('請求書 123');
    expect(text).toContain('合計金額');
    const [table] = await chunksOf(new Uint8Array(lines), 'a.csv');
    expect(table).toContain('| 合計金額 | 456 |');
  });

  it('UTF-16 without a byte order mark is text', async () => {
    const text = 'Tie up at both ends.\nKeep the ladder free.';
    const little = Buffer.from(text, 'utf16le');
    expect(await chunksOf(new Uint8Array(little), 'a.txt')).toEqual([text]);
    expect(await chunksOf(new Uint8Array(Buffer.from(little).swap16()), 'b.txt')).toEqual([text]);
  });

  it('the encoding that HTML and XML name is used', async () => {
    const html = `<!doctype html><meta charset="windows-1251"><p>`;
    const cyrillic = Buffer.concat([Buffer.from(html), Buffer.from('cff0e8e2e5f2', 'hex')]);
    expect(await chunksOf(new Uint8Array(cyrillic), 'a.html')).toEqual(['Привет']);
    const xml = Buffer.from('<?xml version="1.0" encoding="iso-8859-2"?><a>\xa3\xf3d\xbc</a>', 'latin1');
    expect((await chunksOf(new Uint8Array(xml), 'a.xml'))[0]).toContain('<a>Łódź</a>');
  });
});

describe('text', () => {
  it('has headings that a line underlines, and stays unchanged', async () => {
    const text = 'Harbour\n=======\n\nTie up at both ends.\n\nMoorings\n---\n\nThe ladder\nis free.';
    const run = await parseBytes(emulator, bytesOf(text), 'a.md');
    expect(run.chunks[0].content).toBe(text);
    expect(run.chunks[0].blocks.map(({ type }: { type: string }) => type)).toEqual([
      'heading',
      'text',
      'section_heading',
      'text',
    ]);
  });
});

describe('slides', () => {
  it('are pages with their titles, texts and tables', async () => {
    const deck = makeDeck([
      { title: 'Harbour plan', points: ['First point', 'Second point'] },
      {
        title: 'Moorings',
        table: [
          ['Berth', 'Length'],
          ['A1', '8 m'],
        ],
      },
    ]);
    const chunks = await chunksOf(deck, 'deck.pptx');
    expect(chunks).toHaveLength(2);
    for (const text of ['Harbour plan', 'First point', 'Second point']) expect(chunks[0]).toContain(text);
    expect(chunks[0]).toMatch(/^# Harbour plan$/m);
    expect(chunks[1]).toContain('Moorings');
    expect(chunks[1]).toContain('| Berth | Length |\n| --- | --- |\n| A1 | 8 m |');
  });
});

describe('OpenDocument', () => {
  const MIME_TYPE = Buffer.from('application/vnd.oasis.opendocument.text');
  const NAMES = ['office', 'text', 'table', 'style', 'fo']
    .map(
      (name) =>
        `xmlns:${name}="urn:oasis:names:tc:opendocument:xmlns:${name === 'fo' ? 'xsl-fo-compatible' : name}:1.0"`,
    )
    .join(' ');

  it('texts have headings, paragraphs and tables', async () => {
    const cell = (text: string) => `<table:table-cell><text:p>${text}</text:p></table:table-cell>`;
    const row = (...texts: string[]) => `<table:table-row>${texts.map(cell).join('')}</table:table-row>`;
    const body = `<text:h text:outline-level="1">Harbour handbook</text:h><text:p>Rules for the small harbour.</text:p>
      <text:h text:outline-level="2">Moorings</text:h><table:table>${row('Berth', 'Length')}${row('A1', '8 m')}</table:table>`;
    const document = makeZip([
      { name: 'mimetype', packed: MIME_TYPE, declaredBytes: MIME_TYPE.byteLength, stored: true },
      honestEntry(
        'content.xml',
        `<office:document-content ${NAMES}><office:body><office:text>${body}</office:text></office:body></office:document-content>`,
      ),
      honestEntry('meta.xml', `<office:document-meta ${NAMES}/>`),
      honestEntry('styles.xml', `<office:document-styles ${NAMES}/>`),
    ]);
    const [content] = await chunksOf(document, 'a.odt');
    expect(content).toMatch(/^# Harbour handbook$/m);
    expect(content).toContain('Rules for the small harbour.');
    expect(content).toMatch(/^## Moorings$/m);
    expect(content).toContain('| Berth | Length |\n| --- | --- |\n| A1 | 8 m |');
  });
});

describe('rich text', () => {
  it('is read without its control words', async () => {
    const rtf =
      "{\\rtf1\\ansi\\deff0{\\fonttbl{\\f0 Times;}}\\pard Caf\\'e9 at the quay\\par\\pard Second \\b bold\\b0  line\\par}";
    const [content] = await chunksOf(bytesOf(rtf), 'a.rtf');
    expect(content).toContain('Café at the quay');
    expect(content?.replaceAll('**', '')).toMatch(/Second\s+bold\s+line/);
    expect(content).not.toMatch(/fonttbl|\\par|Times/);
  });
});

describe('email', () => {
  it('has subject, addresses, text and the names of attachments, and no encoded parts', async () => {
    const mail = [
      'From: Ann Harbour <ann@example.com>',
      'To: bob@example.com',
      'Subject: =?utf-8?q?Berth_f=C3=BCr_May?=',
      'Date: Mon, 04 May 2026 10:00:00 +0000',
      'MIME-Version: 1.0',
      'Content-Type: multipart/mixed; boundary=b',
      '',
      '--b',
      'Content-Type: text/plain; charset=utf-8',
      'Content-Transfer-Encoding: base64',
      '',
      Buffer.from('The berth is free.\n\nRegards').toString('base64'),
      '--b',
      'Content-Type: application/pdf; name=plan.pdf',
      'Content-Disposition: attachment; filename=plan.pdf',
      'Content-Transfer-Encoding: base64',
      '',
      Buffer.alloc(600, 'x').toString('base64'),
      '--b--',
      '',
    ].join('\r\n');
    for (const name of ['a.eml', 'message']) {
      const [content = ''] = await chunksOf(bytesOf(mail), name);
      expect(content).toMatch(/^# Berth für May$/m);
      expect(content).toContain('Ann Harbour <ann@example.com>');
      expect(content).toContain('The berth is free.');
      expect(content).toContain('plan.pdf');
      expect(content).not.toMatch(/base64|eHh4eHh4|boundary/);
    }
  });
});

describe('Word', () => {
  const WORD = 'http://schemas.openxmlformats.org/wordprocessingml/2006/main';
  const MATH = 'http://schemas.openxmlformats.org/officeDocument/2006/math';
  const paragraph = (content: string, style = '') =>
    `<w:p>${style === '' ? '' : `<w:pPr><w:pStyle w:val="${style}"/></w:pPr>`}${content}</w:p>`;
  const run = (text: string) => `<w:r><w:t xml:space="preserve">${text}</w:t></w:r>`;
  const root = (name: string, content: string) =>
    `<w:${name} xmlns:w="${WORD}" xmlns:m="${MATH}">${content}</w:${name}>`;

  it('has its title, headers, footers and formulas', async () => {
    const formula = '<m:oMath><m:r><m:t>E=m</m:t></m:r><m:sSup><m:e><m:r><m:t>c</m:t></m:r></m:e></m:sSup></m:oMath>';
    const body =
      paragraph(run('Harbour handbook'), 'Title') + paragraph(`${run('For ')}${formula}${run(', see below.')}`);
    const bytes = zipOf({
      '[Content_Types].xml': CONTENT_TYPES,
      'word/document.xml': root('document', `<w:body>${body}</w:body>`),
      'word/styles.xml': root(
        'styles',
        '<w:style w:type="paragraph" w:styleId="Title"><w:name w:val="Title"/></w:style>',
      ),
      'word/_rels/document.xml.rels': relations({ r1: ['styles', 'styles.xml'] }),
      'word/header1.xml': root('hdr', paragraph(run('Port &amp; Sons'))),
      'word/header2.xml': root('hdr', paragraph(run('Port &amp; Sons'))),
      'word/footer1.xml': root('ftr', paragraph(run('Confidential'))),
    });
    expect(await chunksOf(bytes, 'a.docx')).toEqual([
      'Port & Sons\n\n# Harbour handbook\n\nFor E=mc, see below.\n\nConfidential',
    ]);
  });
});

describe('workbooks', () => {
  const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
  function workbook(): Uint8Array {
    const sheet = (content: string) => `<worksheet xmlns="${MAIN}">${content}</worksheet>`;
    const number = (name: string, value: string, style = '') => `<c r="${name}"${style}><v>${value}</v></c>`;
    const data = `<cols><col min="3" max="3" hidden="1"/></cols><sheetData>
      <row r="1">${number('A1', '1')}${number('B1', '0.5', ' s="1"')}${number('C1', '77')}</row>
      <row r="2" hidden="1">${number('A2', '88')}</row>
      <row r="3">${number('A3', '3')}<c r="B3"><f>A1+A3</f></c></row></sheetData>`;
    return zipOf({
      '[Content_Types].xml': CONTENT_TYPES,
      '_rels/.rels': relations({ r1: ['officeDocument', 'xl/workbook.xml'] }),
      'xl/workbook.xml': `<workbook xmlns="${MAIN}" xmlns:r="${OFFICE}"><sheets><sheet name="Open" sheetId="1" r:id="r1"/><sheet name="Secret" sheetId="2" state="hidden" r:id="r2"/></sheets></workbook>`,
      'xl/_rels/workbook.xml.rels': relations({
        r1: ['worksheet', 'worksheets/sheet1.xml'],
        r2: ['worksheet', 'worksheets/sheet2.xml'],
        r3: ['styles', 'styles.xml'],
      }),
      'xl/styles.xml': `<styleSheet xmlns="${MAIN}"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="9" applyNumberFormat="1"/></cellXfs></styleSheet>`,
      'xl/worksheets/sheet1.xml': sheet(data),
      'xl/worksheets/sheet2.xml': sheet(`<sheetData><row r="1">${number('A1', '99')}</row></sheetData>`),
    });
  }

  it('show hidden content, formats, and formulas without a value', async () => {
    const [open = '', secret = ''] = await chunksOf(workbook(), 'a.xlsx');
    expect(open).toContain('| 1 | 50% | 77 |');
    expect(open).toContain('88');
    expect(open).toContain('| 3 | =A1+A3 |');
    expect(secret).toContain('99');
  });

  it('leave out hidden content and formats by the options that Extend has', async () => {
    const advancedOptions = { excelSkipHiddenContent: true, excelUseRawCellValues: true };
    const chunks = await chunksOf(workbook(), 'a.xlsx', { advancedOptions });
    expect(chunks).toHaveLength(1);
    expect(chunks[0]).toContain('| 1 | 0.5 |');
    expect(chunks[0]).not.toMatch(/77|88/);
  });

  it('count pages by their volume, about 1,000 tokens each', async () => {
    const rows = 'harbour,master,ladder,mooring\n'.repeat(2_000);
    const run = await parseBytes(emulator, bytesOf(rows), 'long.csv');
    // Each row has 41 characters of markdown with its line feed; 4 characters are a token.
    expect(run.metrics.pageCount).toBe(21);
    expect(run.usage.credits).toBe(42);
    expect((await parseBytes(emulator, bytesOf('a,b\n'), 'short.csv')).metrics.pageCount).toBe(1);
  });
});

describe('a type that the emulator does not read', () => {
  it.each<[string, string, string | null, Uint8Array]>([
    ['HEIC images', 'a.heic', 'IMG', new Uint8Array(Buffer.from('\0\0\0\x18ftypheic\0\0\0\0', 'latin1'))],
    ['Photoshop images', 'a.psd', 'IMG', new Uint8Array(Buffer.from('8BPS\0\x01\0\0\0\0', 'latin1'))],
    ['SVG images', 'a.svg', 'IMG', bytesOf('<svg xmlns="http://www.w3.org/2000/svg"><text>a</text></svg>')],
    ['WordPerfect documents', 'a.wpd', null, new Uint8Array(Buffer.from('\xffWPC\x10\0\0\0', 'latin1'))],
    ['PCX images', 'a.pcx', 'IMG', new Uint8Array(Buffer.from('\x0a\x05\x01\x08\0\0\0\0', 'latin1'))],
    [
      'documents in the format of Word 97 (.doc)',
      'a.doc',
      'DOCX',
      new Uint8Array(Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.from('WordDocument', 'utf16le')])),
    ],
  ])('is uploaded, and its run says that Extend reads it: %s', async (type, name, apiType, bytes) => {
    expect((await upload(emulator, bytes, name)).body.file.type).toBe(apiType);
    const run = await parseBytes(emulator, bytes, name);
    expect(run.failureReason).toBe(`FILE_TYPE_NOT_SUPPORTED: the emulator does not read ${type}, Extend itself does`);
  });
});
