/** The command replaces its own results, and never a document or a file of a person. */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createKept } from '../../cli/kept-directory';
import { OutputDirectory, type OutputDirectoryOptions } from '../../cli/output-directory';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'output-directory-'));
});

afterEach(() => rmSync(directory, { recursive: true }));

const at = (name: string) => join(directory, name);
const put = (name: string, text: string) => {
  writeFileSync(at(name), text);
  return at(name);
};
const open = (options: Partial<OutputDirectoryOptions> = {}) =>
  OutputDirectory.open({ path: directory, documents: [], force: false, ...options });

describe('a directory for results', () => {
  it('is checked and left unchanged', async () => {
    await open({ path: at('a/b/c') });
    await open();
    expect(readdirSync(directory)).toEqual([]);
  });

  it('keeps the files in it and beside it', async () => {
    mkdirSync(at('a/.extend-parse'), { recursive: true });
    await open({ path: at('a') });
    await open({ path: at('a/b') });
    expect(readdirSync(at('a'))).toEqual(['.extend-parse']);
  });

  it.each(['a-file', 'a-file/below'])('is refused if it cannot be a directory: %s', async (name) => {
    put('a-file', '');
    await expect(open({ path: at(name) })).rejects.toMatchObject({
      exitStatus: 2,
      message: expect.stringMatching(
        /^--out must be a directory that can be written, got '.*a-file.*': E(EXIST|NOTDIR)/,
      ),
    });
  });

  // No user can write there, not even root.
  if (existsSync('/proc/self')) {
    it('is refused if nothing can be written', async () => {
      await expect(open({ path: '/proc/self' })).rejects.toMatchObject({
        exitStatus: 2,
        message: expect.stringMatching(/^--out must be a directory that can be written, got '\/proc\/self': E/),
      });
    });
  }
});

describe('a file that the command wrote', () => {
  it('is replaced by every later call', async () => {
    for (const text of ['one', 'two', 'three']) {
      const output = await open();
      await output.check(['x.md']);
      await output.write('x.md', text);
    }
    expect(readFileSync(at('x.md'), 'utf8')).toBe('three');
    expect(readdirSync(directory).sort()).toEqual(['.extend-parse', 'x.md']);
  });

  it('is not written again if nothing changed', async () => {
    await (await open()).write('x.md', 'same');
    const before = statSync(at('x.md'), { bigint: true });
    await (await open()).write('x.md', 'same');
    expect(statSync(at('x.md'), { bigint: true })).toMatchObject({ ino: before.ino, mtimeNs: before.mtimeNs });
  });

  it('is recognized after a crash between a record and its write', async () => {
    const output = await open();
    await output.write('x.md', 'one');
    await output.write('x.md', 'two');
    writeFileSync(at('x.md'), 'one');
    await expect((await open()).findProblem('x.md')).resolves.toBeUndefined();
  });

  it('is recognized if another line of the record was cut off', async () => {
    await (await open()).write('x.md', 'one');
    const record = at('.extend-parse/written');
    writeFileSync(record, `${readFileSync(record, 'utf8')}\n0123`);
    await (await open()).write('y.md', 'two');
    const output = await open();
    await output.check(['x.md', 'y.md']);
  });

  it('is no longer recognized once a person has changed it', async () => {
    await (await open()).write('x.md', 'one');
    put('x.md', 'one, corrected');
    await expect((await open()).check(['x.md'])).rejects.toMatchObject({
      message: expect.stringMatching(/x\.md exists, and was not written by this command or was changed since: --force/),
    });
  });
});

describe('a file that the command did not write', () => {
  it('is refused by name before anything is submitted', async () => {
    put('x.md', 'PRECIOUS');
    put('y.json', 'PRECIOUS');
    const output = await open();
    await expect(output.check(['w.md', 'x.md', 'y.json'])).rejects.toMatchObject({
      exitStatus: 2,
      message: expect.stringMatching(/x\.md exists.*\n.*y\.json exists.*\ngive another --out$/),
    });
    await expect(output.write('x.md', 'new')).rejects.toThrow(/x\.md exists/);
    expect(readFileSync(at('x.md'), 'utf8')).toBe('PRECIOUS');
  });

  it('is refused also if it was created after the check', async () => {
    const output = await open();
    await output.check(['x.md']);
    put('x.md', 'PRECIOUS');
    await expect(output.write('x.md', 'new')).rejects.toThrow(/x\.md exists/);
  });

  it('is replaced with --force', async () => {
    put('x.md', 'old');
    const output = await open({ force: true });
    await output.check(['x.md']);
    await output.write('x.md', 'new');
    expect(readFileSync(at('x.md'), 'utf8')).toBe('new');
  });

  it('may be a link: --force replaces the link, not its target', async () => {
    put('target', 'PRECIOUS');
    symlinkSync(at('target'), at('x.md'));
    symlinkSync(at('nothing'), at('y.md'));
    await expect((await open()).check(['x.md', 'y.md'])).rejects.toThrow(/x\.md exists.*\n.*y\.md exists/);
    await (await open({ force: true })).write('x.md', 'new');
    expect(readFileSync(at('target'), 'utf8')).toBe('PRECIOUS');
  });

  // A read of either would never end.
  const endless: [string, () => string][] = [
    ['a device', () => '/dev/zero'],
    ['a named pipe', () => (execFileSync('mkfifo', [at('pipe')]), at('pipe'))],
  ];
  if (existsSync('/dev/zero')) {
    it.each(endless)('may be a link to %s: it is replaced and not read', async (_what, target) => {
      symlinkSync(target(), at('x.md'));
      const output = await open({ force: true });
      await output.check(['x.md']);
      await output.write('x.md', 'new');
      expect(lstatSync(at('x.md')).isFile()).toBe(true);
      expect(readFileSync(at('x.md'), 'utf8')).toBe('new');
    });
  }

  it('may be a link to the same text: a file replaces the link', async () => {
    put('target', 'same');
    symlinkSync(at('target'), at('x.md'));
    await (await open({ force: true })).write('x.md', 'same');
    expect(lstatSync(at('x.md')).isFile()).toBe(true);
  });

  it('may be a directory, which nothing replaces', async () => {
    mkdirSync(at('x.md'));
    await expect((await open({ force: true })).check(['x.md'])).rejects.toThrow(/x\.md is no file/);
  });

  it('is counted if there are many', async () => {
    const names = Array.from({ length: 45 }, (_, index) => `${index}.md`);
    for (const name of names) put(name, '');
    await expect((await open()).check(names)).rejects.toThrow(/9\.md exists.*\nand 35 more\ngive another --out$/);
  });
});

describe('a document', () => {
  it.each([
    ['itself', () => at('notes.md')],
    ['a link to it', () => (symlinkSync(at('notes.md'), at('link')), at('link'))],
    ['a hard link to it', () => (linkSync(at('notes.md'), at('hard')), at('hard'))],
  ])('is never replaced, named by %s, not even with --force', async (_how, name) => {
    put('notes.md', 'SOURCE');
    const output = await open({ documents: [name()], force: true });
    const refusal = /notes\.md is one of the documents to parse: no result replaces it/;
    await expect(output.check(['notes.md'])).rejects.toThrow(refusal);
    await expect(output.write('notes.md', 'new')).rejects.toThrow(refusal);
    expect(readFileSync(at('notes.md'), 'utf8')).toBe('SOURCE');
  });

  it('is not replaced through a directory that is a link', async () => {
    mkdirSync(at('real'));
    put('real/notes.md', 'SOURCE');
    symlinkSync(at('real'), at('out'));
    const output = await open({ path: at('out'), documents: [at('real/notes.md')], force: true });
    await expect(output.check(['notes.md'])).rejects.toThrow(/is one of the documents/);
  });

  it('may be a file that no longer exists', async () => {
    await (await open({ documents: [at('gone')] })).check(['x.md']);
  });
});

describe('the directory .extend-parse', () => {
  it.each([
    ['itself', '.extend-parse'],
    ['in it', '.extend-parse/written'],
    ['to a directory', '.extend-parse/results'],
    ['without a target', '.extend-parse/nothing'],
  ])('is refused if it has a link %s, and nothing is written through the link', async (_what, link) => {
    mkdirSync(at('victim'));
    put('victim/written', 'PRECIOUS');
    mkdirSync(at('out/.extend-parse'), { recursive: true });
    if (link === '.extend-parse') rmSync(at('out/.extend-parse'), { recursive: true });
    const target = { '.extend-parse/written': 'victim/written', '.extend-parse/nothing': 'gone' }[link] ?? 'victim';
    symlinkSync(at(target), at(`out/${link}`));
    await expect(open({ path: at('out'), force: true })).rejects.toMatchObject({
      exitStatus: 2,
      message: expect.stringMatching(new RegExp(`${link} must be a .*directory, and no link: remove it, or give`)),
    });
    expect(readdirSync(at('victim'))).toEqual(['written']);
    expect(readFileSync(at('victim/written'), 'utf8')).toBe('PRECIOUS');
  });

  it('keeps its record out of a link that appears after the check', async () => {
    put('victim', 'PRECIOUS');
    const output = await open();
    mkdirSync(at('.extend-parse'));
    symlinkSync(at('victim'), at('.extend-parse/written'));
    await expect(output.write('x.md', 'new')).rejects.toMatchObject({ code: 'ELOOP' });
    expect(readFileSync(at('victim'), 'utf8')).toBe('PRECIOUS');
  });

  it('is private, and has its real path also if the directory of the results is a link', async () => {
    mkdirSync(at('real/.extend-parse'), { recursive: true, mode: 0o755 });
    symlinkSync(at('real'), at('out'));
    const kept = await createKept(at('out'));
    expect(kept).toBe(join(realpathSync(at('real')), '.extend-parse'));
    expect(statSync(kept).mode & 0o777).toBe(0o700);
  });
});
