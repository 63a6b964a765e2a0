import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startEmulator, type Emulator } from '../../local/extend';
import { devServerAddress } from '../support/servers';
import { Workplace } from './run-command';

let workplace: Workplace;
let emulator: Emulator;

beforeAll(async () => {
  workplace = new Workplace();
  emulator = await startEmulator();
});

afterAll(async () => {
  workplace.remove();
  await emulator.close();
});

const at = (name: string) => join(workplace.directory, name);
const textOf = (name: string) => readFileSync(at(name), 'utf8');
/** Puts files into a fresh directory of the workplace. */
const put = (folder: string, files: Readonly<Record<string, string>>) => {
  mkdirSync(at(folder));
  for (const [name, text] of Object.entries(files)) writeFileSync(at(`${folder}/${name}`), text);
};
const run = (...args: string[]) => {
  const env = { TEMPORAL_ADDRESS: devServerAddress(), EXTEND_API_KEY: 'k', EXTEND_BASE_URL: emulator.url };
  return workplace.run(args, { env });
};

describe('extend-parse parse', () => {
  it('replaces neither the document nor a file of the user, and submits nothing', async () => {
    put('notes', { 'notes.md': '# Notes\n', 'other.txt': 'Text', 'other.md': 'PRECIOUS' });
    const sent = emulator.requests.length;
    const { status, stdout, stderr } = await run('parse', 'notes/notes.md', 'notes/other.txt', '--out', 'notes');
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toBe(
      [
        'notes/notes.md is one of the documents to parse: no result replaces it',
        'notes/other.md exists, and was not written by this command or was changed since: --force replaces it',
        'give another --out',
      ]
        .map((line) => `extend-parse: ${line}\n`)
        .join(''),
    );
    expect(emulator.requests).toHaveLength(sent);
    expect(readdirSync(at('notes')).sort()).toEqual(['notes.md', 'other.md', 'other.txt']);
    expect([textOf('notes/notes.md'), textOf('notes/other.md')]).toEqual(['# Notes\n', 'PRECIOUS']);
    const forced = await run('parse', 'notes/other.txt', '--out', 'notes', '--force');
    expect(forced).toMatchObject({ status: 0, stderr: '' });
    expect(textOf('notes/other.md')).toBe('Text\n');
  });

  it('may be repeated any number of times', async () => {
    put('again', { 'a.txt': 'One' });
    for (const text of ['One', 'Two']) {
      writeFileSync(at('again/a.txt'), text);
      expect(await run('parse', 'again/a.txt', '--out', 'again')).toMatchObject({ status: 0, stderr: '' });
      expect(textOf('again/a.md')).toBe(`${text}\n`);
    }
  });

  it('checks --out before anything is submitted', async () => {
    put('blocked', { 'a.txt': 'One', 'in-the-way': '' });
    const sent = emulator.requests.length;
    const { status, stderr } = await run('parse', 'blocked/a.txt', '--out', 'blocked/in-the-way/out');
    expect(status).toBe(2);
    expect(stderr).toMatch(
      /^extend-parse: --out must be a directory that can be written, got 'blocked\/in-the-way\/out'/,
    );
    expect(emulator.requests).toHaveLength(sent);
  });
});

describe('extend-parse batch', () => {
  it('replaces no document of a folder', async () => {
    put('inbox', { 'a.md': 'A', 'b.txt': 'B' });
    const sent = emulator.requests.length;
    const { status, stdout, stderr } = await run('batch', 'inbox', '--out', 'inbox', '--force');
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain('inbox/a.md is one of the documents to parse');
    expect(stderr).not.toContain('b.md');
    expect(emulator.requests).toHaveLength(sent);
    expect(existsSync(at('inbox/.extend-parse'))).toBe(false);
  });

  it('replaces no document of a manifest, and no file of the user that has the name of a result', async () => {
    put('listed', { 'a.md': 'A', 'b.md': 'PRECIOUS' });
    const lines = [
      { id: 'a', file: { source: `file://${at('listed/a.md')}` } },
      { id: 'x/b.pdf', file: { fileUrl: 'http://emulator.invalid/ok?b' } },
      { file: { fileUrl: 'http://emulator.invalid/ok?c' } },
    ].map((line) => JSON.stringify(line));
    writeFileSync(at('listed/list.jsonl'), ['no document', ...lines].join('\n'));
    const { status, stderr } = await run('batch', 'listed/list.jsonl', '--out', 'listed');
    expect(status).toBe(2);
    expect(stderr).toContain('listed/a.md is one of the documents to parse');
    expect(stderr).toContain('listed/b.md exists, and was not written by this command');
    const forced = await run('batch', 'listed/list.jsonl', '--out', 'listed', '--force');
    expect(forced.status).toBe(2);
    expect(forced.stderr).not.toContain('b.md');
    expect([textOf('listed/a.md'), textOf('listed/b.md')]).toEqual(['A', 'PRECIOUS']);
    expect(existsSync(at('listed/.extend-parse'))).toBe(false);
  });

  it('checks the output of the first line also if the manifest begins with a byte order mark', async () => {
    put('marked', { 'b.md': 'PRECIOUS' });
    const line = JSON.stringify({ id: 'x/b.pdf', file: { fileUrl: 'http://emulator.invalid/ok?b' } });
    writeFileSync(at('marked/list.jsonl'), `\ufeff${line}\n`);
    const sent = emulator.requests.length;
    const { status, stderr } = await run('batch', 'marked/list.jsonl', '--out', 'marked');
    expect(status).toBe(2);
    expect(stderr).toContain('marked/b.md exists, and was not written by this command');
    expect(emulator.requests).toHaveLength(sent);
  });

  it('may be repeated, and keeps a file that a person has changed meanwhile', async () => {
    put('kept', { 'a.txt': 'A', 'b.txt': 'B' });
    expect(await run('batch', 'kept', '--out', 'kept-out')).toMatchObject({ status: 0, stderr: '' });
    expect(await run('batch', 'kept', '--out', 'kept-out')).toMatchObject({ status: 0, stderr: '' });
    writeFileSync(at('kept-out/b.md'), 'B, corrected');
    expect(await run('batch', 'kept', '--out', 'kept-out')).toMatchObject({ status: 2 });
    expect(textOf('kept-out/b.md')).toBe('B, corrected');
    expect(await run('batch', 'kept', '--out', 'kept-out', '--force')).toMatchObject({ status: 0 });
    expect(textOf('kept-out/b.md')).toBe('B\n');
  });
});
