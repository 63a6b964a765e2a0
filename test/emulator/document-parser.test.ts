import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDocumentParser } from '../../emulator/document-parser';
import { sampleDocument } from './sample-documents';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'emulator-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A thread that does what the document's text says. */
const OBEDIENT_THREAD = `
  const { parentPort } = require('node:worker_threads');
  parentPort.on('message', ({ bytes }) => {
    const order = Buffer.from(bytes).toString();
    if (order === 'hang') for (;;);
    if (order === 'exit') process.exit(3);
    if (order === 'throw') throw new Error('thrown');
    parentPort.postMessage({ chunks: [], pageCount: order.length });
  });`;

function obedientParser(parseTimeoutMs: number) {
  const threadFile = join(folder, 'obedient.js');
  writeFileSync(threadFile, OBEDIENT_THREAD);
  const parser = createDocumentParser({ parseTimeoutMs, maxParserMemoryMb: 64, threadFile });
  const order = (text: string) => parser.parse({ bytes: new TextEncoder().encode(text), format: 'text', config: {} });
  return { parser, order };
}

describe('the parser threads', () => {
  it('a thread that hangs, exits or throws fails its document, and a fresh one takes the next', async () => {
    const { parser, order } = obedientParser(5000);
    const outcomes = await Promise.all(['hang', 'exit', 'ok', 'throw', 'fine'].map(order));
    await parser.close();
    expect(outcomes).toEqual([
      { failureReason: 'INTERNAL_ERROR: a document ended its parser: parsing took longer than 5000 ms' },
      { failureReason: 'INTERNAL_ERROR: a document ended its parser: the parser thread ended with 3' },
      { chunks: [], pageCount: 2 },
      { failureReason: 'INTERNAL_ERROR: a document ended its parser: thrown' },
      { chunks: [], pageCount: 4 },
    ]);
  });

  it('waiting for a thread does not count as parsing time', async () => {
    const { parser, order } = obedientParser(4000);
    const outcomes = await Promise.all(['hang', 'hang', 'ok'].map(order));
    await parser.close();
    expect(outcomes[2]).toEqual({ chunks: [], pageCount: 2 });
  });

  it('closing fails what is still parsed or queued', async () => {
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
    const { startEmulator } = require('./dist/emulator/index.js');
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
    cpSync(join(__dirname, '../../dist/emulator'), join(root, 'dist/emulator'), { recursive: true });
    const imports = { '#parser-thread': './dist/emulator/parser-thread.js' };
    writeFileSync(join(root, 'package.json'), JSON.stringify({ name: 'bare', imports }));
    writeFileSync(join(root, 'program.js'), PROGRAM);
    const names = ['harbour.md', 'tables.docx', '12s0324.pdf', 'harbour.html', 'orders.xlsx', 'orders.csv'];
    for (const name of names) writeFileSync(join(root, name), sampleDocument(name));
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ['program.js', ...names], { cwd: root });
    expect(JSON.parse(stdout)).toEqual([
      'PROCESSED',
      'PROCESSED',
      'INTERNAL_ERROR: install mammoth to parse DOCX',
      'INTERNAL_ERROR: install @llamaindex/liteparse-wasm to parse PDF',
      'INTERNAL_ERROR: install turndown to parse HTML',
      'INTERNAL_ERROR: install hucre to parse spreadsheets',
      'INTERNAL_ERROR: install hucre to parse CSV',
    ]);
    expect(stderr).toContain('emulator: INTERNAL_ERROR: install mammoth to parse DOCX');
  });
});
