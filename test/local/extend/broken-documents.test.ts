import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startEmulator, type Emulator } from '../../../local/extend';
import { call, finishedRun, parseBytes, pollStates, submitUrl, upload } from './api-call';
import { sampleDocument, withByte } from './sample-documents';
import { honestEntry, makeZip } from './zip-bomb';

let emulator: Emulator;
let files: Server;
let filesUrl: string;
/** The content of the file server, by path. A promise holds the request until it resolves. */
const served = new Map<string, Uint8Array | Promise<Uint8Array>>();

beforeAll(async () => {
  emulator = await startEmulator({ maxInputBytes: 300_000 });
  files = createServer((request, response) => {
    const bytes = served.get(request.url ?? '');
    if (bytes === undefined) response.writeHead(404).end('gone');
    else void Promise.resolve(bytes).then((body) => response.end(body));
  }).listen(0, '127.0.0.1');
  await once(files, 'listening');
  filesUrl = `http://127.0.0.1:${(files.address() as AddressInfo).port}`;
});
afterAll(async () => {
  files.closeAllConnections();
  files.close();
  await emulator.close();
});

/** Parses bytes that are downloaded under a name, and returns the failure reason; `undefined` if the run succeeds. */
async function failureOf(bytes: Uint8Array, name: string): Promise<string | undefined> {
  served.set(`/${name}`, bytes);
  const run = await finishedRun(emulator, await submitUrl(emulator, `${filesUrl}/${name}`));
  return run.status === 'FAILED' ? run.failureReason : undefined;
}

describe('a document from a URL', () => {
  it('is PROCESSING until it is downloaded and parsed, and then there is a file with its bytes', async () => {
    let release: (bytes: Uint8Array) => void = () => undefined;
    served.set('/held.docx', new Promise((resolve) => (release = resolve)));
    const id = await submitUrl(emulator, `${filesUrl}/held.docx`);
    expect(await pollStates(emulator, id, 3)).toEqual(['PROCESSING', 'PROCESSING', 'PROCESSING']);
    release(sampleDocument('tables.docx'));
    const run = await finishedRun(emulator, id);
    expect(run.chunks[0].content).toContain('Top left');
    const file = (await call(emulator, 'GET', `/files/${run.fileId}`)).body.file;
    expect(file).toMatchObject({ id: run.fileId, name: 'held.docx', type: 'DOCX' });
    expect(emulator.runs.find((each) => each.id === id)).toMatchObject({ status: 'PROCESSED', credits: 2 });
  });

  it.each([
    ['a path that does not exist', () => `${filesUrl}/nothing.pdf`],
    ['a port without a server', () => 'http://127.0.0.1:1/a.pdf'],
    ['no URL', () => 'not a url'],
    ['another protocol', () => 'ftp://127.0.0.1/a.pdf'],
  ])('fails as UNABLE_TO_DOWNLOAD_FILE for %s', async (_, url) => {
    const run = await finishedRun(emulator, await submitUrl(emulator, url()));
    expect(run).toMatchObject({ status: 'FAILED', failureReason: 'UNABLE_TO_DOWNLOAD_FILE' });
  });

  it('fails as UNABLE_TO_DOWNLOAD_FILE if the download takes too long', async () => {
    const hasty = await startEmulator({ downloadTimeoutMs: 100 });
    served.set('/stuck.pdf', new Promise(() => undefined));
    const run = await finishedRun(hasty, await submitUrl(hasty, `${filesUrl}/stuck.pdf`));
    await hasty.close();
    expect(run.failureReason).toBe('UNABLE_TO_DOWNLOAD_FILE');
  });

  it('fails as FILE_SIZE_TOO_LARGE above the limit', async () => {
    expect(await failureOf(new Uint8Array(300_001).fill(97), 'large.txt')).toBe('FILE_SIZE_TOO_LARGE');
    expect(await failureOf(new Uint8Array(300_000).fill(97), 'largest.txt')).toBeUndefined();
  });

  it('is parsed to the end if its run is deleted, and the run stays unknown', async () => {
    let release: (bytes: Uint8Array) => void = () => undefined;
    served.set('/deleted.md', new Promise((resolve) => (release = resolve)));
    const id = await submitUrl(emulator, `${filesUrl}/deleted.md`);
    expect((await call(emulator, 'DELETE', `/parser_runs/${id}`)).status).toBe(200);
    release(sampleDocument('harbour.md'));
    expect((await call(emulator, 'GET', `/parser_runs/${id}`)).status).toBe(404);
  });
});

describe('a broken document', () => {
  const text = new TextEncoder().encode('just text');

  it.each([
    ['empty', () => new Uint8Array(), 'empty.pdf', 'CORRUPT_FILE'],
    ['a cut PDF', () => sampleDocument('12s0324.pdf').slice(0, 20_000), 'cut.pdf', 'CORRUPT_FILE'],
    ['a cut Word file', () => sampleDocument('tables.docx').slice(0, 9000), 'cut.docx', 'CORRUPT_FILE'],
    ['text named .pdf', () => text, 'text.pdf', 'CORRUPT_FILE'],
    ['text named .docx', () => text, 'text.docx', 'CORRUPT_FILE'],
    ['a PDF with a password', () => sampleDocument('r6-user-password.pdf'), 'secret.pdf', 'PASSWORD_PROTECTED_FILE'],
    ['an encrypted Office file', encryptedOffice, 'secret.docx', 'PASSWORD_PROTECTED_FILE'],
    ['a zip that is no Office file', emptyZip, 'files.zip', 'FILE_TYPE_NOT_SUPPORTED'],
    ['unknown bytes', () => new Uint8Array([0, 1, 2, 3]), 'thing', 'FILE_TYPE_NOT_SUPPORTED'],
  ])('%s fails with the reason of the API', async (_, bytes, name, reason) => {
    expect(await failureOf(bytes(), name)).toBe(reason);
  });

  it.each([
    ['PDF', '12s0324.pdf'],
    ['Word file', 'tables.docx'],
    ['workbook', 'orders.xlsx'],
  ])('a %s with every fiftieth byte flipped fails as CORRUPT_FILE', async (_, name) => {
    const bytes = sampleDocument(name).map((byte, at) => (at > 1000 && at % 50 === 0 ? byte ^ 0xff : byte));
    expect(await failureOf(bytes, `flipped-${name}`)).toBe('CORRUPT_FILE');
  });

  it('a zip that claims to unpack to gigabytes is refused before it is unpacked', async () => {
    const bytes = Buffer.from(sampleDocument('tables.docx'));
    const directory = bytes.indexOf('PK\x01\x02', 0, 'latin1');
    bytes.writeUInt32LE(4_000_000_000, directory + 24);
    const answer = await upload(emulator, new Uint8Array(bytes), 'bomb.docx');
    expect([answer.status, answer.body.code]).toEqual([400, 'FILE_SIZE_TOO_LARGE']);
  });
});

it('a table of 200,000 rows is parsed', async () => {
  await using roomy = await startEmulator();
  const run = await parseBytes(roomy, new TextEncoder().encode('a,b\n'.repeat(200_000)), 'long.csv');
  expect([run.status, run.failureReason]).toEqual(['PROCESSED', undefined]);
  expect(run.chunks[0].blocks[0].details).toEqual({ type: 'table_details', rowCount: 200_000, columnCount: 2 });
});

it('a date of a workbook that is out of range is shown as spreadsheet programs show it', async () => {
  const run = await parseBytes(emulator, workbookOfDates('45000', '1000000000000'), 'dates.xlsx');
  expect(run.chunks[0].content).toContain('| 2023-03-15 | ######## |');
});

describe('a hostile document fails its own run only', () => {
  it('HTML of 50,000 nested elements fails at once, in a parser that parses the next document', async () => {
    const nested = new TextEncoder().encode(`<!doctype html>${'<div>'.repeat(50_000)}`);
    const run = await parseBytes(emulator, nested, 'nested.html');
    expect(run.failureReason).toBe('INTERNAL_ERROR: the HTML nests more than 256 elements');
    expect((await parseBytes(emulator, sampleDocument('harbour.html'), 'next.html')).status).toBe('PROCESSED');
  });

  it('one flipped byte that crashes the PDF library ends its own run only', async () => {
    const crashing = withByte(sampleDocument('fhs-3.0.pdf'), 152_608, 41);
    const [crashed, beside] = await Promise.all([
      parseBytes(emulator, crashing, 'crash.pdf'),
      parseBytes(emulator, sampleDocument('12s0324.pdf'), 'beside.pdf'),
    ]);
    expect(crashed.failureReason).toBe('INTERNAL_ERROR: a document ended its parser: unreachable');
    expect(beside.status).toBe('PROCESSED');
    expect((await parseBytes(emulator, sampleDocument('12s0324.pdf'), 'next.pdf')).status).toBe('PROCESSED');
  });

  it('a document that takes too long ends its own run only', async () => {
    const hasty = await startEmulator({ parseTimeoutMs: 1 });
    const slow = await parseBytes(hasty, sampleDocument('fhs-3.0.pdf'), 'slow.pdf');
    await hasty.close();
    expect(slow.failureReason).toBe('INTERNAL_ERROR: a document ended its parser: parsing took longer than 1 ms');
  });

  it('a document that needs too much memory ends its own run only', async () => {
    const small = await startEmulator({ maxParserMemoryMb: 16 });
    const lines = new TextEncoder().encode('a\n\n'.repeat(400_000));
    const greedy = await parseBytes(small, lines, 'greedy.txt');
    const next = await parseBytes(small, sampleDocument('harbour.md'), 'next.md');
    await small.close();
    expect(greedy.failureReason).toBe('INTERNAL_ERROR: a document needed more than 16 MB to be parsed');
    expect(next.status).toBe('PROCESSED');
  });
});

/** Returns the first bytes of a protected Office file, and the name of the stream inside. */
function encryptedOffice(): Uint8Array {
  const head = Buffer.from('d0cf11e0a1b11ae1', 'hex');
  return new Uint8Array(Buffer.concat([head, Buffer.alloc(504), Buffer.from('EncryptedPackage', 'utf16le')]));
}

function emptyZip(): Uint8Array {
  return new Uint8Array(Buffer.concat([Buffer.from('PK\x05\x06', 'latin1'), Buffer.alloc(18)]));
}

/** Creates a workbook with one row of cells that are formatted as dates. */
function workbookOfDates(...serials: readonly string[]): Uint8Array {
  const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
  const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
  const PACKAGE = 'http://schemas.openxmlformats.org/package/2006';
  const relation = (id: string, type: string, target: string) =>
    `<Relationship Id="${id}" Type="${OFFICE}/${type}" Target="${target}"/>`;
  const relations = (...all: readonly string[]) =>
    `<Relationships xmlns="${PACKAGE}/relationships">${all.join('')}</Relationships>`;
  const sheet = `<sheets><sheet name="Dates" sheetId="1" r:id="r1"/></sheets>`;
  const formats = '<cellXfs count="1"><xf numFmtId="164" applyNumberFormat="1"/></cellXfs>';
  const dates = '<numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy-mm-dd"/></numFmts>';
  const cells = serials.map((serial, column) => `<c r="${'ABC'[column]}1" s="0"><v>${serial}</v></c>`).join('');
  const entries = {
    '[Content_Types].xml': `<Types xmlns="${PACKAGE}/content-types"/>`,
    '_rels/.rels': relations(relation('r1', 'officeDocument', 'xl/workbook.xml')),
    'xl/workbook.xml': `<workbook xmlns="${MAIN}" xmlns:r="${OFFICE}">${sheet}</workbook>`,
    'xl/_rels/workbook.xml.rels': relations(
      relation('r1', 'worksheet', 'worksheets/sheet1.xml'),
      relation('r2', 'styles', 'styles.xml'),
    ),
    'xl/styles.xml': `<styleSheet xmlns="${MAIN}">${dates}${formats}</styleSheet>`,
    'xl/worksheets/sheet1.xml': `<worksheet xmlns="${MAIN}"><sheetData><row r="1">${cells}</row></sheetData></worksheet>`,
  };
  return makeZip(Object.entries(entries).map(([name, text]) => honestEntry(name, text)));
}
