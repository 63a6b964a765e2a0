import { execFileSync, spawnSync } from 'node:child_process';
import {
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  realpath,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createFileStore, StoreRefusedError, type ResultStore } from '../../storage';
import { writerId } from '../../storage/writer-id';
import { until } from '../support/until';

const roots: string[] = [];
let root: string;
let directory: string;
let store: ResultStore;

beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'file-store-')));
  roots.push(root);
  directory = join(root, 'results', 'deep');
  store = createFileStore({ directory });
});
afterAll(() => Promise.all(roots.map((path) => rm(path, { recursive: true }))));

async function* partsOf(...parts: (string | Error)[]): AsyncGenerator<Uint8Array, void> {
  for (const part of parts) {
    if (part instanceof Error) throw part;
    yield Buffer.from(part);
  }
}

async function textOf(uri: string): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of await store.read(uri)) parts.push(part);
  return Buffer.concat(parts).toString();
}

/** Gives the paths of the files that this process has open; none on a system that does not list them. */
async function openPaths(): Promise<string[]> {
  const fds = await readdir('/proc/self/fd').catch(() => []);
  return Promise.all(fds.map((fd) => realpath(`/proc/self/fd/${fd}`).catch(() => '')));
}

/** Gives the error of a rejected promise. */
async function refusalOf(work: Promise<unknown>): Promise<Error> {
  const error: unknown = await work.then(
    () => new Error('it was not refused'),
    (refused: unknown) => refused,
  );
  expect(error).toBeInstanceOf(StoreRefusedError);
  return error as Error;
}

describe('writing', () => {
  it('creates the directory, and gives a URI with which the object is read', async () => {
    const uri = await store.write('a.json', partsOf('{"a"', ':', '1}'));
    expect(uri).toBe(`file://${directory}/a.json`);
    expect(await textOf(uri)).toBe('{"a":1}');
    expect(await readdir(join(directory, '.partial'))).toEqual([]);
  });

  it('accepts names with folders and percent signs', async () => {
    const uri = await store.write('batch-1/a%2Fb.json', partsOf('x'));
    expect(uri).toBe(`file://${directory}/batch-1/a%252Fb.json`);
    expect(await textOf(uri)).toBe('x');
  });

  it('may have no bytes', async () => {
    expect(await textOf(await store.write('empty.json', partsOf()))).toBe('');
  });

  it('replaces an object atomically: a reader sees the complete old or the complete new object', async () => {
    const uri = await store.write('a.json', partsOf('old'));
    const early = await store.read(uri);
    const seen: string[] = [];
    async function* watched() {
      for (const part of ['n', 'e', 'w']) {
        yield Buffer.from(part);
        seen.push(await textOf(uri));
      }
    }
    await store.write('a.json', watched());
    expect(seen).toEqual(['old', 'old', 'old']);
    expect(await textOf(uri)).toBe('new');
    let before = '';
    for await (const part of early) before += Buffer.from(part).toString();
    expect(before).toBe('old');
  });

  it('that breaks off leaves the old object, or none, and no partial file', async () => {
    const broken = new Error('the answer is cut off');
    await expect(store.write('a.json', partsOf('half', broken))).rejects.toBe(broken);
    expect(await readdir(directory)).toEqual(['.partial']);
    const uri = await store.write('a.json', partsOf('old'));
    await expect(store.write('a.json', partsOf('half', broken))).rejects.toBe(broken);
    expect(await textOf(uri)).toBe('old');
    expect(await readdir(join(directory, '.partial'))).toEqual([]);
  });

  it('ends with the reason of its signal', async () => {
    const controller = new AbortController();
    const reason = new Error('cancelled');
    async function* content() {
      yield Buffer.from('a');
      controller.abort(reason);
      yield Buffer.from('b');
    }
    await expect(store.write('a.json', content(), { signal: controller.signal })).rejects.toBe(reason);
    expect(await readdir(join(directory, '.partial'))).toEqual([]);
  });

  it('reads the content only as fast as it writes', async () => {
    let given = 0;
    async function* content() {
      const size = (await stat(join(directory, '.partial', (await readdir(join(directory, '.partial')))[0]!))).size;
      expect(size).toBe(given);
      for (let part = 0; part < 50; part++) {
        yield Buffer.alloc(100_000, 'x');
        given += 100_000;
        const [name] = await readdir(join(directory, '.partial'));
        expect((await stat(join(directory, '.partial', name!))).size).toBe(given);
      }
    }
    await store.write('a.json', content());
    expect(given).toBe(5_000_000);
  });

  describe('the partial files of killed writers are removed', () => {
    const uuid = '00000000-0000-4000-8000-000000000000';
    const rests = async () => (await readdir(join(directory, '.partial'))).sort();
    const place = async (name: string, minutesAgo = 0) => {
      const past = new Date(Date.now() - minutesAgo * 60_000);
      await writeFile(join(directory, '.partial', name), 'half');
      await utimes(join(directory, '.partial', name), past, past);
    };

    it('for the same object only, when the process of the writer has ended', async () => {
      await store.write('a.json', partsOf('x'));
      const ended = spawnSync('true').pid;
      const [mine, gone] = [writerId(process.pid), writerId(ended)];
      const elsewhere = gone.replace(/^./, (digit) => (digit === '0' ? '1' : '0'));
      const kept = [
        `a.json.${mine}.${uuid}`,
        `a.json.${elsewhere}.${uuid}`,
        `a.json.b.${gone}.${uuid}`,
        'a.json.short',
      ];
      for (const name of [...kept, `a.json.${gone}.${uuid}`]) await place(name);
      await store.write('a.json', partsOf('y'));
      expect(await rests()).toEqual(kept.sort());
    });

    it('for any object, with the first write, when nothing was written to the file for an hour', async () => {
      await store.write('a.json', partsOf('x'));
      const names = [`a.json.${uuid}`, `b.json.${uuid}`, `batch-1%2F1.jsonl.${writerId(process.pid)}.${uuid}`];
      for (const name of [...names, 'a.json.short']) await place(name, 61);
      await place(`young.json.${uuid}`, 59);
      await createFileStore({ directory }).write('a.json', partsOf('y'));
      expect(await rests()).toEqual(['a.json.short', `young.json.${uuid}`]);
    });
  });

  it('without disturbing 239 other writers of the same object', async () => {
    const texts = Array.from({ length: 240 }, (_, writer) => `${writer} `.repeat(1_000));
    async function* slowly(text: string) {
      for (let at = 0; at < text.length; at += 500) {
        // Each part comes in a later turn of the event loop, so that all writers are in flight at the same time.
        await new Promise(setImmediate);
        yield Buffer.from(text.slice(at, at + 500));
      }
    }
    const writes = texts.map((text) => createFileStore({ directory }).write('a.json', slowly(text)));
    const failed = (await Promise.allSettled(writes)).filter(({ status }) => status === 'rejected');
    expect(failed).toEqual([]);
    expect(texts).toContain(await textOf(`file://${directory}/a.json`));
    expect(await readdir(join(directory, '.partial'))).toEqual([]);
  });

  it('gives files and new directories permissions for the own user only', async () => {
    const modeOf = async (...path: string[]) => (await stat(join(root, ...path))).mode & 0o777;
    await store.write('batch/a.json', partsOf('x'));
    expect(await modeOf('results/deep/batch/a.json')).toBe(0o600);
    for (const path of ['results', 'results/deep', 'results/deep/batch', 'results/deep/.partial'])
      expect(await modeOf(path)).toBe(0o700);
    await createFileStore({ directory, fileMode: 0o640 }).write('shared/a.json', partsOf('x'));
    expect([await modeOf('results/deep/shared'), await modeOf('results/deep/shared/a.json')]).toEqual([0o750, 0o640]);
  });

  it.each([0, 0o400, 0o1600, 1.5, NaN])('is refused with the mode %d', (fileMode) => {
    expect(() => createFileStore({ directory, fileMode })).toThrow(/^fileMode must be from 0o600 to 0o777/);
  });

  it('does not disturb another write of the same object in flight', async () => {
    let proceed = () => {};
    const held = new Promise<void>((resolve) => (proceed = resolve));
    let begun = () => {};
    const beginning = new Promise<void>((resolve) => (begun = resolve));
    async function* slow() {
      yield Buffer.from('sl');
      begun();
      await held;
      yield Buffer.from('ow');
    }
    const slower = store.write('a.json', slow());
    await beginning;
    const [partial] = await readdir(join(directory, '.partial'));
    // The other writer has written after this write began.
    const soon = new Date(Date.now() + 60_000);
    await utimes(join(directory, '.partial', partial!), soon, soon);
    const uri = await store.write('a.json', partsOf('fast'));
    expect(await textOf(uri)).toBe('fast');
    proceed();
    await slower;
    expect(await textOf(uri)).toBe('slow');
  });

  it('fails with an error that is tried again if its partial file was removed', async () => {
    async function* robbed() {
      yield Buffer.from('a');
      await rm(join(directory, '.partial'), { recursive: true });
    }
    const error: unknown = await store.write('a.json', robbed()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'ENOENT' });
    expect(error).not.toBeInstanceOf(StoreRefusedError);
  });

  it.each(['', '.', '..', '../a', 'a/../../b', 'a//b', '/etc/a', 'a/', '.partial/a', '.a', 'a\\b', 'a\0b', 'a b', 'ä'])(
    'is refused under the name %j',
    async (name) => {
      expect((await refusalOf(store.write(name, partsOf('x')))).message).toMatch(/^name must be segments of letters/);
      expect(await readdir(root)).toEqual([]);
    },
  );

  it('is refused if the directory is a file', async () => {
    await writeFile(join(root, 'results'), 'a file');
    expect((await refusalOf(store.write('a.json', partsOf('x')))).message).toBe('the file store cannot mkdir: ENOTDIR');
  });

  it.each(['link/new.txt', 'link/deep/new.txt', 'link/secret'])(
    'is refused under the name %s behind a link to a directory outside, and creates nothing there',
    async (name) => {
      await mkdir(directory, { recursive: true });
      await mkdir(join(root, 'outside'));
      await writeFile(join(root, 'outside', 'secret'), 'secret');
      await symlink(join(root, 'outside'), join(directory, 'link'));
      expect((await refusalOf(store.write(name, partsOf('x')))).message).toMatch(/is not in the result directory$/);
      expect(await readdir(join(root, 'outside'))).toEqual(['secret']);
      expect(await readFile(join(root, 'outside', 'secret'), 'utf8')).toBe('secret');
    },
  );

  it('is refused if the directory of the partial files is a link to a directory outside', async () => {
    await mkdir(directory, { recursive: true });
    await mkdir(join(root, 'outside'));
    await symlink(join(root, 'outside'), join(directory, '.partial'));
    await refusalOf(store.write('a.json', partsOf('x')));
    expect(await readdir(directory)).toEqual(['.partial']);
  });

  it('follows links to directories of the store, and to the store itself', async () => {
    await mkdir(join(directory, 'real'), { recursive: true });
    await symlink(join(directory, 'real'), join(directory, 'inner'));
    await symlink(directory, join(root, 'linked'));
    const linked = createFileStore({ directory: join(root, 'linked') });
    const uri = await linked.write('inner/a.json', partsOf('x'));
    expect(uri).toBe(`file://${root}/linked/inner/a.json`);
    expect(await textOf(uri)).toBe('x');
    expect(await readFile(join(directory, 'real', 'a.json'), 'utf8')).toBe('x');
  });

  it('is refused if a directory has its name, and leaves no partial file', async () => {
    await mkdir(join(directory, 'a.json', 'b'), { recursive: true });
    expect((await refusalOf(store.write('a.json', partsOf('x')))).message).toBe('the file store cannot rename: EISDIR');
    expect(await readdir(join(directory, '.partial'))).toEqual([]);
  });

  it('is refused under a name that the file system refuses', async () => {
    const refusal = await refusalOf(store.write(`${'a'.repeat(300)}.json`, partsOf('x')));
    expect(refusal.message).toBe('the file store cannot stat: ENAMETOOLONG');
  });

  it('passes on the errors of its content unchanged', async () => {
    const error = Object.assign(new Error('from the content'), { code: 'EACCES' });
    await expect(store.write('a.json', partsOf(error))).rejects.toBe(error);
  });
});

describe('reading', () => {
  it.each([
    ['outside of the directory', () => pathToFileURL(join(root, 'secret')).href],
    ['reached by ..', () => `file://${directory}/../../secret`],
    ['behind a link', () => `file://${directory}/link`],
    ['behind a link to a directory', () => `file://${directory}/out/secret`],
    ['that is the directory', () => `file://${directory}`],
    ['that is a directory', () => `file://${directory}/.partial`],
    ['of a missing file', () => `file://${directory}/nothing.json`],
    ['of another machine', () => 'file://elsewhere/a.json'],
    ['with a hidden slash', () => `file://${directory}/a%2fb.json`],
    ['of another store', () => 's3://bucket/a.json'],
    ['that is not a URI', () => 'a.json'],
    ['with a zero byte', () => `file://${directory}/a%00b`],
    ['that is undefined', () => undefined as unknown as string],
    ['that is a FIFO', () => `file://${directory}/fifo`],
  ])('refuses a URI %s', async (_title, uri) => {
    await store.write('a.json', partsOf('x'));
    await writeFile(join(root, 'secret'), 'secret');
    await symlink(join(root, 'secret'), join(directory, 'link'));
    await symlink(root, join(directory, 'out'));
    execFileSync('mkfifo', [join(directory, 'fifo')]);
    await refusalOf(store.read(uri()));
  });

  it('works if the directory itself is a link', async () => {
    const uri = await store.write('a.json', partsOf('x'));
    await symlink(directory, join(root, 'linked'));
    store = createFileStore({ directory: join(root, 'linked') });
    expect(await textOf(uri)).toBe('x');
    expect(await textOf(`file://${root}/linked/a.json`)).toBe('x');
  });

  it('closes the file if the reader stops early', async () => {
    const uri = await store.write('a.json', partsOf('x'.repeat(1_000_000)));
    for await (const part of await store.read(uri)) if (part.length > 0) break;
    // Node closes the file in the background.
    await until(async () => !(await openPaths()).includes(join(directory, 'a.json')));
  });
});

describe('deleting', () => {
  it('removes one object, and ignores a missing one', async () => {
    const [one, other] = [await store.write('d/1.json', partsOf('x')), await store.write('d/2.json', partsOf('y'))];
    await store.delete?.(one);
    await store.delete?.(one);
    await store.delete?.(`file://${directory}/nowhere/1.json`);
    await refusalOf(store.read(one));
    expect(await textOf(other)).toBe('y');
  });

  it.each([
    ['outside of the directory', () => pathToFileURL(join(root, 'secret')).href],
    ['behind a link to a directory', () => `file://${directory}/out/secret`],
    ['with a zero byte', () => `file://${directory}/a%00b`],
    ['of another store', () => 's3://bucket/a.json'],
    ['that is undefined', () => undefined as unknown as string],
    ['that is a directory', () => `file://${directory}/.partial`],
  ])('refuses a URI %s', async (_title, uri) => {
    await store.write('a.json', partsOf('x'));
    await writeFile(join(root, 'secret'), 'secret');
    await symlink(root, join(directory, 'out'));
    await refusalOf(store.delete!(uri()));
    expect(await readFile(join(root, 'secret'), 'utf8')).toBe('secret');
  });
});

it('a file that is being written cannot be read under any name', async () => {
  const names: string[] = [];
  async function* content() {
    yield Buffer.from('half');
    names.push(...(await readdir(directory)));
    const [partial] = await readdir(join(directory, '.partial'));
    expect(await readFile(join(directory, '.partial', partial!), 'utf8')).toBe('half');
    await (await open(join(directory, '.partial', partial!))).close();
  }
  await store.write('a.json', content());
  expect(names).toEqual(['.partial']);
});
