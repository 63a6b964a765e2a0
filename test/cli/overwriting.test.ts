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
    const written = expect.stringMatching(/^notes\/other\.txt: parsed, 1 page: notes\/other\.md, notes\/other\.json$/m);
    expect(forced).toEqual({ status: 0, stdout: written, stderr: '' });
    expect(textOf('notes/other.md')).toBe('Text\n');
  });

  it('may be repeated, and replaces its own result', async () => {
    writeFileSync(at('notes/other.txt'), 'Another text');
    const repeated = await run('parse', 'notes/other.txt', '--out', 'notes');
    expect(repeated).toMatchObject({ status: 0, stderr: '' });
    expect(textOf('notes/other.md')).toBe('Another text\n');
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
      { id: 'x/b.pdf', file: { fileUrl: 'http://emulator.invalid/ok?b' } },
      { id: 'a', file: { source: `file://${at('listed/a.md')}` } },
      { file: { fileUrl: 'http://emulator.invalid/ok?c' } },
    ].map((line) => JSON.stringify(line));
    // The byte order mark is no part of the first line.
    writeFileSync(at('listed/list.jsonl'), `\ufeff${[...lines, 'no document'].join('\n')}`);
    const sent = emulator.requests.length;
    const { status, stderr } = await run('batch', 'listed/list.jsonl', '--out', 'listed');
    expect(status).toBe(2);
    expect(stderr).toContain('listed/a.md is one of the documents to parse');
    expect(stderr).toContain('listed/b.md exists, and was not written by this command');
    const forced = await run('batch', 'listed/list.jsonl', '--out', 'listed', '--force');
    expect(forced.status).toBe(2);
    expect(forced.stderr).not.toContain('b.md');
    expect(emulator.requests).toHaveLength(sent);
    expect([textOf('listed/a.md'), textOf('listed/b.md')]).toEqual(['A', 'PRECIOUS']);
    expect(existsSync(at('listed/.extend-parse'))).toBe(false);
  });

  it('replaces files of the user with --force, never deletes a given manifest, and keeps a file changed later', async () => {
    put('kept-out', { 'b.md': 'PRECIOUS' });
    const url = { id: 'b', file: { fileUrl: 'http://emulator.invalid/ok?reads=0' } };
    writeFileSync(at('kept.jsonl'), JSON.stringify(url));
    const list = ['batch', 'kept.jsonl', '--out', 'kept-out'];
    expect(await run(...list, '--force')).toMatchObject({ status: 0, stderr: '' });
    expect(textOf('kept-out/b.md')).toContain('# ');
    writeFileSync(at('kept-out/b.md'), 'B, corrected');
    expect(await run(...list)).toMatchObject({ status: 2, stderr: expect.stringContaining('kept-out/b.md exists') });
    expect(textOf('kept-out/b.md')).toBe('B, corrected');
    expect(textOf('kept.jsonl')).toBe(JSON.stringify(url));
  });
});
