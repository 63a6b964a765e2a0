/** Risk tested here: a zip file that unpacks to more than its directory declares takes the memory of the machine. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { familyOf, forgetPeak, memoryOf } from '../../support/process-memory';
import { Workplace, type Running } from '../../cli/run-command';
import type { Emulator } from '../../../local/extend';
import { parseBytes } from './api-call';
import { sampleDocument } from './sample-documents';
import { honestEntry, makeZip, packedBlanks, type MadeEntry } from './zip-bomb';

const TYPES = '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>';
const CONTENT_TYPES = honestEntry('[Content_Types].xml', TYPES);
/** Limit of the memory that unpacking may take, in bytes. The file unpacks to seven times as much. */
const MAX_GROWTH_BYTES = 200_000_000;

let workplace: Workplace;
let command: Running;
/** The running emulator; the calls need only its address. */
let emulator: Emulator;

beforeAll(async () => {
  workplace = new Workplace();
  command = workplace.start(['emulator']);
  const [, url] = /listening on (\S+)\n/.exec(await command.waitFor(/listening on \S+\n/)) ?? [];
  emulator = { url } as Emulator;
  // The libraries are loaded first, because they take memory too.
  for (const name of ['tables.docx', 'orders.xlsx']) await parseBytes(emulator, sampleDocument(name), name);
});
afterAll(() => workplace.remove());

describe('a zip file whose directory lies', () => {
  const bomb = { packed: packedBlanks(1_500), declaredBytes: 1_000 };
  const WORD = 'http://schemas.openxmlformats.org/wordprocessingml/2006/main';
  const document = `<w:document xmlns:w="${WORD}"><w:body><w:p><w:r><w:t>text</w:t></w:r></w:p></w:body></w:document>`;
  const DOCUMENT = honestEntry('word/document.xml', document);
  const EMPTY = honestEntry('xl/workbook.xml', '');
  it.each<[string, string, readonly MadeEntry[]]>([
    ['a Word file', 'bomb.docx', [CONTENT_TYPES, { name: 'word/document.xml', ...bomb }]],
    ['a workbook', 'bomb.xlsx', [CONTENT_TYPES, { name: 'xl/workbook.xml', ...bomb }]],
    ['a workbook with a sheet', 'sheet.xlsx', [EMPTY, { name: 'xl/worksheets/sheet1.xml', ...bomb }]],
    ['a picture in a Word file', 'picture.docx', [CONTENT_TYPES, DOCUMENT, { name: 'word/media/a.png', ...bomb }]],
    ['slides', 'bomb.pptx', [CONTENT_TYPES, { name: 'ppt/presentation.xml', ...bomb }]],
    ['a header of a Word file', 'header.docx', [CONTENT_TYPES, DOCUMENT, { name: 'word/header1.xml', ...bomb }]],
  ])('fails as CORRUPT_FILE and takes no memory: %s', async (_, name, entries) => {
    const family = familyOf(command.child.pid as number);
    const sum = (name: 'VmRSS' | 'VmHWM') => family.reduce((bytes, pid) => bytes + memoryOf(pid, name), 0);
    family.forEach(forgetPeak);
    const before = sum('VmRSS');
    const run = await parseBytes(emulator, makeZip(entries), name);
    expect([run.status, run.failureReason]).toEqual(['FAILED', 'CORRUPT_FILE']);
    // The parser is the second process, and it is still the same one.
    expect(family).toHaveLength(2);
    expect(familyOf(command.child.pid as number)).toEqual(family);
    expect(sum('VmHWM') - before).toBeLessThan(MAX_GROWTH_BYTES);
  });

  it('fails as CORRUPT_FILE also if it declares too large a size', async () => {
    const entries = [CONTENT_TYPES, { ...DOCUMENT, declaredBytes: document.length + 1 }];
    expect((await parseBytes(emulator, makeZip(entries), 'a.docx')).failureReason).toBe('CORRUPT_FILE');
  });

  it('does not change the result of files with true sizes', async () => {
    const made = await parseBytes(emulator, makeZip([CONTENT_TYPES, DOCUMENT]), 'made.docx');
    expect(made.chunks[0].content).toBe('text');
    for (const name of ['tables.docx', 'orders.xlsx']) {
      expect((await parseBytes(emulator, sampleDocument(name), name)).status).toBe('PROCESSED');
    }
  });
});
