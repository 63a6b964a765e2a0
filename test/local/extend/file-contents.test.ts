/** Risk tested here: code that reads the contents of a file from Extend gets nothing from the emulator. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startEmulator, type Emulator } from '../../../local/extend';
import { call, callNew, parseBytes, upload } from './api-call';
import { makePdf } from './made-pdf';
import { sampleDocument } from './sample-documents';

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator();
});
afterAll(() => emulator.close());

const NO_CONTENTS = { rawText: null, markdown: null, pages: null, sheets: null };
const PDF = makePdf(['First page', 'Second page'].map((text) => ({ texts: [{ text, x: 72, y: 72 }] })));
const bytesOf = (text: string) => new TextEncoder().encode(text);

it('a parsed file has a number of pages, and the contents that the query asks for', async () => {
  const { fileId } = await parseBytes(emulator, PDF, 'a.pdf', { chunkingStrategy: { type: 'document' } });
  const get = async (query: string) => (await call(emulator, 'GET', `/files/${fileId}${query}`)).body.file;
  expect(await get('')).toMatchObject({ contents: NO_CONTENTS, metadata: { pageCount: 2 } });
  expect((await get('?rawText=true&markdown=false')).contents).toEqual({
    ...NO_CONTENTS,
    rawText: 'First page\n\nSecond page',
  });
  const size = { pageWidth: 612, pageHeight: 792 };
  expect((await get('?markdown=true&html=true')).contents).toEqual({
    ...NO_CONTENTS,
    markdown: 'First page\n\nSecond page',
    pages: [
      { pageNumber: 1, ...size, markdown: 'First page' },
      { pageNumber: 2, ...size, markdown: 'Second page' },
    ],
  });
});

it('a parsed file has them in version 2026-02-09 too', async () => {
  const { fileId } = await parseBytes(emulator, bytesOf('# Harbour\n\nTie up at both ends.'), 'a.md');
  const plain = (await callNew(emulator, 'GET', `/files/${fileId}`)).body;
  expect([plain.contents, plain.metadata]).toEqual([null, {}]);
  const { contents } = (await callNew(emulator, 'GET', `/files/${fileId}?rawText=true`)).body;
  expect(contents).toEqual({ ...NO_CONTENTS, rawText: 'Harbour\n\nTie up at both ends.' });
});

it('a spreadsheet has the text of its sheets', async () => {
  const { fileId } = await parseBytes(emulator, sampleDocument('orders.xlsx'), 'orders.xlsx');
  const { contents } = (await call(emulator, 'GET', `/files/${fileId}?rawText=true`)).body.file;
  expect(contents.rawText).toBeNull();
  expect(contents.sheets[0]).toEqual({ sheetName: 'Orders', rawText: expect.stringContaining('| Item |') });
});

it('a file that no run has parsed has none, and other values than true and false are refused', async () => {
  const { id } = (await upload(emulator, PDF, 'a.pdf')).body.file;
  const { body } = await call(emulator, 'GET', `/files/${id}?rawText=true&markdown=true`);
  expect(body.file).toMatchObject({ contents: NO_CONTENTS, metadata: { pageCount: null } });
  const { status, body: refused } = await call(emulator, 'GET', `/files/${id}?markdown=yes`);
  expect([status, refused.error]).toEqual([400, 'markdown must be true or false, got yes']);
});
