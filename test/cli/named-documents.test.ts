/**
 * Risk tested here: the command reads a manifest in another way than the worker. It then checks other output names than
 * the batch writes.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { toListName } from '../../cli/batch/batch-arguments';
import { namedDocumentsOfManifest } from '../../cli/batch/named-documents';
import { MAX_DOCUMENT_BYTES } from '../../contract';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'extend-parse-manifest-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function documentsOf(manifest: string | Uint8Array) {
  const path = join(directory, 'list.jsonl');
  writeFileSync(path, manifest);
  return namedDocumentsOfManifest(path);
}

const URL_FILE = '"file":{"fileUrl":"http://emulator.invalid/ok"}';

describe('The documents of a manifest', () => {
  it('have their ids, or their line numbers as ids, and the paths of local files', async () => {
    const lines = ['{"id":"a","file":{"source":"file:///in/a.pdf"}}', '', `{${URL_FILE}}`, `{"id":"d",${URL_FILE}}`];
    expect(await documentsOf(lines.join('\r\n'))).toEqual([{ id: 'a', path: '/in/a.pdf' }, { id: '3' }, { id: 'd' }]);
  });

  it('include the first line after a byte order mark', async () => {
    expect(await documentsOf(`\ufeff{"id":"first",${URL_FILE}}\n{${URL_FILE}}\n`)).toEqual([
      { id: 'first' },
      { id: '2' },
    ]);
  });

  it('are counted by line feeds alone, also if a text has another line separator', async () => {
    expect(await documentsOf(`{"id":"a\u2028b",${URL_FILE}}\n{${URL_FILE}}`)).toEqual([
      { id: 'a\u2028b' },
      { id: '2' },
    ]);
  });

  it('do not include lines that the worker refuses', async () => {
    const long = `{"id":"${'x'.repeat(MAX_DOCUMENT_BYTES)}"}\n`;
    const notUtf8 = Buffer.concat([Buffer.from('{"id":"'), Buffer.from([0xff]), Buffer.from('"}\n')]);
    const manifest = Buffer.concat([Buffer.from(`${long}no json\nnull\n`), notUtf8, Buffer.from('{"id":"last"}')]);
    expect(await documentsOf(manifest)).toEqual([{ id: 'last' }]);
  });

  it('have the paths of local files whose scheme is in upper case, as the worker opens them', async () => {
    const lines = ['{"id":"a","file":{"source":"FILE:///in/a.pdf"}}', '{"id":"b","file":{"source":"File:/in/b.pdf"}}'];
    expect(await documentsOf(lines.join('\n'))).toEqual([
      { id: 'a', path: '/in/a.pdf' },
      { id: 'b', path: '/in/b.pdf' },
    ]);
  });
});

describe('The list of the documents of a batch', () => {
  it('is named by the key, and by a hash if the key is too long for the name of a file', () => {
    expect(toListName('invoices 2026/1')).toBe('invoices%202026%2F1.jsonl');
    const names = ['é', 'è'].map((letter) => toListName(letter.repeat(150)));
    expect(names).toEqual([
      expect.stringMatching(/^[\da-f]{16}\.jsonl$/),
      expect.stringMatching(/^[\da-f]{16}\.jsonl$/),
    ]);
    expect(new Set(names).size).toBe(2);
  });
});
