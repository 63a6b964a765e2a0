import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDocumentParser } from '../../../local/extend/document-parser';
import { sampleDocument } from './sample-documents';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'emulator-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A parser process that executes the document's text as a command. */
const OBEDIENT_PROCESS = `
  process.on('disconnect', () => process.exit());
  process.on('message', ({ bytes }) => {
    const order = Buffer.from(bytes).toString();
    if (order === 'hang') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    if (order === 'exit') process.exit(3);
    if (order === 'crash') return process.send({ crashed: 'thrown' });
    if (order === 'fill') for (const all = []; ; ) all.push(new Array(1000).fill(all.length));
    process.send({ chunks: [], pageCount: order.length });
  });`;

function obedientParser(parseTimeoutMs: number) {
  const processFile = join(folder, 'obedient.js');
  writeFileSync(processFile, OBEDIENT_PROCESS);
  const parser = createDocumentParser({ parseTimeoutMs, maxParserMemoryMb: 64, processFile });
  const order = (text: string) => parser.parse({ bytes: new TextEncoder().encode(text), format: 'text', config: {} });
  return { parser, order };
}

describe('the parser processes', () => {
  it('a process that hangs, exits, crashes or fills its memory fails its document, and a new one parses the next', async () => {
    const { parser, order } = obedientParser(5000);
    // Two processes parse at the same time, and both hang. The other documents wait until the time limit has passed,
    // but waiting for a process does not count as parsing time.
    const outcomes = await Promise.all(['hang', 'hang', 'ok', 'exit', 'crash', 'fill', 'fine'].map(order));
    await parser.close();
    const hung = { failureReason: 'INTERNAL_ERROR: a document ended its parser: parsing took longer than 5000 ms' };
    expect(outcomes).toEqual([
      hung,
      hung,
      { chunks: [], pageCount: 2 },
      { failureReason: 'INTERNAL_ERROR: a document ended its parser: the parser process ended with 3' },
      { failureReason: 'INTERNAL_ERROR: a document ended its parser: thrown' },
      { failureReason: 'INTERNAL_ERROR: a document needed more than 64 MB to be parsed' },
      { chunks: [], pageCount: 4 },
    ]);
  });

  it('closing fails the documents that are being parsed or queued', async () => {
    const { parser, order } = obedientParser(60_000);
    const outcomes = Promise.all(['hang', 'hang', 'ok'].map(order));
    await parser.close();
    const closed = { failureReason: 'INTERNAL_ERROR: the emulator was closed' };
    expect(await outcomes).toEqual([closed, closed, closed]);
    expect(await order('ok')).toEqual(closed);
  });
});

describe('without the parsing libraries', () => {
  const PROGRAM = `
    const { readFileSync } = require('node:fs');
    const { startEmulator } = require('./dist/local/extend/index.js');
    const headers = { authorization: 'Bearer x', 'x-extend-api-version': '2025-04-21' };
    async function main() {
      const emulator = await startEmulator();
      const parse = async (file) => {
        const init = { method: 'POST', headers: { ...headers, 'content-type': 'application/json' } };
        const answer = await fetch(emulator.url + '/parse', { ...init, body: JSON.stringify({ file }) });
        const { status, code, message } = await answer.json();
        return message ?? status ?? code;
      };
      const outcomes = [await parse({ fileUrl: 'http://emulator.invalid/ok' })];
      for (const name of process.argv.slice(2)) {
        const form = new FormData();
        form.set('file', new Blob([readFileSync(name)]), name);
        const answer = await fetch(emulator.url + '/files/upload', { method: 'POST', headers, body: form });
        outcomes.push(await parse({ fileId: (await answer.json()).file.id }));
      }
      await emulator.close();
      process.stdout.write(JSON.stringify(outcomes));
    }
    void main();`;

  it('scripts and text work, and every other document names the library to install', async () => {
    const root = join(folder, 'bare');
    mkdirSync(root);
    const dist = join(__dirname, '../../../dist');
    for (const part of ['local/extend', 'json'])
      cpSync(join(dist, part), join(root, 'dist', part), { recursive: true });
    const imports = { '#parser-process': './dist/local/extend/parser-process.js' };
    writeFileSync(join(root, 'package.json'), JSON.stringify({ name: 'bare', imports }));
    writeFileSync(join(root, 'program.js'), PROGRAM);
    const names = [
      'harbour.md',
      'tables.docx',
      '12s0324.pdf',
      'harbour.html',
      'orders.xlsx',
      'orders.csv',
      'receipt.png',
    ];
    for (const name of names) writeFileSync(join(root, name), sampleDocument(name));
    const made = {
      'a.rtf': '{\\rtf1 hello}',
      'a.eml': 'Subject: hello\n\nhello',
      'latin.txt': Buffer.from([0x63, 0xe9]),
    };
    for (const [name, content] of Object.entries(made)) writeFileSync(join(root, name), content);
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      ['program.js', ...names, ...Object.keys(made)],
      {
        cwd: root,
      },
    );
    expect(JSON.parse(stdout)).toEqual([
      'PROCESSED',
      'PROCESSED',
      'INTERNAL_ERROR: install mammoth to parse DOCX locally; Extend itself parses it',
      'INTERNAL_ERROR: install @llamaindex/liteparse-wasm to parse PDF locally; Extend itself parses it',
      'INTERNAL_ERROR: install turndown to parse HTML locally; Extend itself parses it',
      'INTERNAL_ERROR: install hucre to parse spreadsheets locally; Extend itself parses it',
      'INTERNAL_ERROR: install hucre to parse CSV locally; Extend itself parses it',
      'INTERNAL_ERROR: install tesseract.js @tesseract.js-data/eng image-size to parse images and scanned pages locally; Extend itself parses it',
      'INTERNAL_ERROR: install officeparser to parse RTF locally; Extend itself parses it',
      'INTERNAL_ERROR: install postal-mime to parse EML locally; Extend itself parses it',
      'INTERNAL_ERROR: install chardet to parse text that is not UTF-8 locally; Extend itself parses it',
    ]);
    expect(stderr).toContain(
      'emulator: INTERNAL_ERROR: install mammoth to parse DOCX locally; Extend itself parses it',
    );
  });
});
