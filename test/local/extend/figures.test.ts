/** Risk tested here: the text of a picture in a document is missing, and nothing says so. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startEmulator, type Emulator } from '../../../local/extend';
import { reachedLimit } from '../../../local/extend/parsing/read-figures';
import { parseBytes } from './api-call';
import { CONTENT_TYPES, makeDeck, OFFICE, pictureReference, relations, zipOf } from './made-office';
import { makePdf, type MadePage } from './made-pdf';
import { sampleDocument } from './sample-documents';
import { honestEntry, makeZip } from './zip-bomb';

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator();
});
afterAll(() => emulator.close());

const PNG = sampleDocument('receipt.png');
const JPEG = { bytes: sampleDocument('receipt.jpg'), width: 640, height: 360 };
const TEXT = { text: 'The receipt of the skipper is below, and the harbour master keeps it.', x: 72, y: 72 };

// eslint-disable-next-line @typescript-eslint/no-explicit-any
async function runOf(bytes: Uint8Array, name: string, config?: unknown): Promise<any> {
  const run = await parseBytes(emulator, bytes, name, config);
  expect([run.status, run.failureReason]).toEqual(['PROCESSED', undefined]);
  return run;
}

const WORD = `xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="${OFFICE}"
  xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"
  xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"`;

function word(): Uint8Array {
  const picture = `<w:p><w:r><w:drawing><wp:inline><wp:docPr id="1" name="a" descr="Receipt"/><a:graphic><a:graphicData>
    ${pictureReference('r1', 'Receipt')}</a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>`;
  const paragraph = (text: string) => `<w:p><w:r><w:t>${text}</w:t></w:r></w:p>`;
  return zipOf({
    '[Content_Types].xml': CONTENT_TYPES.replace('/>', '><Default Extension="png" ContentType="image/png"/></Types>'),
    'word/document.xml': `<w:document ${WORD}><w:body>${paragraph('Before')}${picture}${paragraph('Behind')}</w:body></w:document>`,
    'word/_rels/document.xml.rels': relations({ r1: ['image', 'media/image1.png'] }),
    'word/media/image1.png': PNG,
  });
}

function workbook(): Uint8Array {
  const main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"';
  const drawing = `xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"`;
  const corner = (name: string) =>
    `<xdr:${name}><xdr:col>1</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>1</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:${name}>`;
  return zipOf({
    '[Content_Types].xml': CONTENT_TYPES,
    '_rels/.rels': relations({ r1: ['officeDocument', 'xl/workbook.xml'] }),
    'xl/workbook.xml': `<workbook ${main} xmlns:r="${OFFICE}"><sheets><sheet name="Costs" sheetId="1" r:id="r1"/></sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': relations({ r1: ['worksheet', 'worksheets/sheet1.xml'] }),
    'xl/worksheets/sheet1.xml': `<worksheet ${main} xmlns:r="${OFFICE}"><sheetData><row r="1"><c r="A1"><v>1</v></c></row></sheetData><drawing r:id="r1"/></worksheet>`,
    'xl/worksheets/_rels/sheet1.xml.rels': relations({ r1: ['drawing', '../drawings/drawing1.xml'] }),
    'xl/drawings/drawing1.xml': `<xdr:wsDr ${drawing} xmlns:r="${OFFICE}"><xdr:twoCellAnchor>${corner('from')}${corner('to')}
      ${pictureReference('r1', 'Receipt', 'xdr')}<xdr:clientData/></xdr:twoCellAnchor></xdr:wsDr>`,
    'xl/drawings/_rels/drawing1.xml.rels': relations({ r1: ['image', '../media/image1.png'] }),
    'xl/media/image1.png': PNG,
  });
}

function openDocument(): Uint8Array {
  const type = Buffer.from('application/vnd.oasis.opendocument.text');
  const names = ['office', 'text', 'drawing'].map(
    (name) =>
      `xmlns:${name === 'drawing' ? 'draw' : name}="urn:oasis:names:tc:opendocument:xmlns:${name}:1.0" xmlns:xlink="http://www.w3.org/1999/xlink"`,
  );
  const [office = '', text = '', draw = ''] = names.map((name) => name.split(' xmlns:xlink')[0] ?? '');
  const all = `${office} ${text} ${draw} xmlns:xlink="http://www.w3.org/1999/xlink"`;
  const body = `<text:p>Before</text:p><text:p><draw:frame draw:name="a"><draw:image xlink:href="Pictures/a.png"/></draw:frame></text:p>`;
  return makeZip([
    { name: 'mimetype', packed: type, declaredBytes: type.byteLength, stored: true },
    honestEntry(
      'content.xml',
      `<office:document-content ${all}><office:body><office:text>${body}</office:text></office:body></office:document-content>`,
    ),
    honestEntry('meta.xml', `<office:document-meta ${all}/>`),
    honestEntry('styles.xml', `<office:document-styles ${all}/>`),
    honestEntry('Pictures/a.png', PNG),
  ]);
}

function mail(html: string): Uint8Array {
  const part = (type: string, content: string, ...headers: readonly string[]) =>
    ['--b', `Content-Type: ${type}`, ...headers, '', content].join('\r\n');
  const head = ['Subject: Receipts', 'MIME-Version: 1.0', 'Content-Type: multipart/related; boundary=b', ''];
  const encoded = Buffer.from(PNG).toString('base64').replaceAll(/.{76}/g, '$&\r\n');
  const picture = ['Content-ID: <one@mail>', 'Content-Transfer-Encoding: base64', 'Content-Disposition: inline'];
  const text = [...head, part('text/html', html), part('image/png; name=a.png', encoded, ...picture), '--b--', ''];
  return new TextEncoder().encode(text.join('\r\n'));
}

const DATA_URL = `data:image/png;base64,${Buffer.from(PNG).toString('base64')}`;

describe('the picture of a receipt is a figure with the text of the receipt', () => {
  it.each<[string, Uint8Array]>([
    ['a.docx', word()],
    ['a.pptx', makeDeck([{ title: 'Costs', picture: PNG }])],
    ['a.xlsx', workbook()],
    ['a.odt', openDocument()],
    ['a.rtf', Buffer.from(`{\\rtf1 Before\\par{\\pict\\pngblip ${Buffer.from(PNG).toString('hex')}}\\par}`)],
    ['inline.eml', mail('<p>See <img src="cid:one@mail"> here.</p>')],
    ['attached.eml', mail('<p>See the attachment.</p>')],
    ['a.html', new TextEncoder().encode(`<html><p>Before <img src="${DATA_URL}"></p></html>`)],
  ])('in %s', async (name, bytes) => {
    const run = await runOf(bytes, name);
    // eslint-disable-next-line @typescript-eslint/no-explicit-any
    const figures = run.chunks[0].blocks.filter(({ type }: any) => type === 'figure');
    expect(figures).toHaveLength(1);
    expect(figures[0].details).toEqual({ type: 'figure_details', figureType: 'image' });
    for (const text of ['HARBOUR CAFE', 'Apple cake', 'Total EUR', '7.30']) expect(figures[0].content).toContain(text);
    expect(run.chunks[0].content).toContain(figures[0].content);
    expect(run.chunks[0].content).not.toMatch(/base64|cid:|picture:/);
  });

  it('between the paragraphs around it', async () => {
    const [{ content }] = (await runOf(word(), 'a.docx')).chunks;
    expect(content).toMatch(/^Before\n\nHARBOUR CAFE[^]*\n\nBehind$/);
  });
});

describe('a picture beside the text of a PDF', () => {
  const page = (at: readonly [number, number, number, number]): MadePage => ({ texts: [TEXT], jpeg: { ...JPEG, at } });
  const pdf = makePdf([page([150, 300, 300, 168])]);

  it('is a figure with its location, and its words are located too', async () => {
    const run = await runOf(pdf, 'a.pdf', { advancedOptions: { returnOcr: { words: true } } });
    const [text, figure, ...others] = run.chunks[0].blocks;
    expect([text.content, figure.type, others]).toEqual([TEXT.text, 'figure', []]);
    expect(figure.boundingBox).toEqual({ left: 150, top: 300, right: 450, bottom: 468 });
    for (const words of ['HARBOUR CAFE', 'Apple cake', 'Total EUR']) expect(figure.content).toContain(words);
    const word = run.ocr.words.find(({ content }: { content: string }) => content === 'HARBOUR');
    expect(word.boundingBox.left).toBeGreaterThan(150);
    expect(word.boundingBox.right).toBeLessThan(300);
    expect(word.boundingBox.top).toBeGreaterThan(300);
    expect(word.boundingBox.bottom).toBeLessThan(340);
  });

  it('is read in the layout of target spatial too', async () => {
    const [{ content }] = (await runOf(pdf, 'a.pdf', { target: 'spatial' })).chunks;
    expect(content).toContain('Total EUR');
  });

  it('is left out if the configuration says so', async () => {
    const run = await runOf(pdf, 'a.pdf', { blockOptions: { figures: { enabled: false } } });
    expect(run.chunks[0].content).toBe(TEXT.text);
  });

  it('is no figure if it is an ornament, or the background of text', async () => {
    const ornament = page([150, 300, 30, 18]);
    const run = await runOf(makePdf([ornament, page([40, 40, 500, 300])]), 'a.pdf');
    expect(run.chunks.map(({ content }: { content: string }) => content)).toEqual([TEXT.text, TEXT.text]);
  });
});

describe('a picture that yields no text says so', () => {
  const html = (type: string, data: string) =>
    new TextEncoder().encode(
      `<html><p>Chart: <img alt="Sales of May" src="data:image/${type};base64,${data}"></p></html>`,
    );

  it.each([
    ['broken', html('png', Buffer.from(PNG.slice(0, 900)).toString('base64'))],
    ['in a format that the emulator does not know', html('x-emf', Buffer.from('EMF picture').toString('base64'))],
  ])('if it is %s', async (_, bytes) => {
    const [{ content }] = (await runOf(bytes, 'a.html')).chunks;
    expect(content).toBe(
      'Chart:\n\n[Picture: Sales of May. Not read: it is broken, or in a format that the emulator does not know]',
    );
  });

  it('if it shows none', async () => {
    const gif = 'R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7';
    expect((await runOf(html('gif', gif), 'a.html')).chunks[0].content).toBe(
      'Chart:\n\n[Picture: Sales of May. It has no text]',
    );
  });

  it('if the pictures before it took too long', () => {
    expect([reachedLimit(0, 39_000), reachedLimit(19, 39_000)]).toEqual([undefined, undefined]);
    expect(reachedLimit(1, 40_000)).toBe('the emulator reads the pictures of a document for 40 seconds');
  });

  it('if it is behind the first 20', async () => {
    const image = '<p><img src="data:image/x-emf;base64,RU1G"></p>';
    const run = await runOf(new TextEncoder().encode(`<html>${image.repeat(21)}</html>`), 'a.html');
    expect(run.chunks[0].blocks.at(-2).content).toMatch(/^\[Picture\. Not read: it is broken/);
    expect(run.chunks[0].blocks.at(-1).content).toBe(
      '[Picture. Not read: the emulator reads 20 pictures of a document]',
    );
  });
});
