import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createSources, SourceError, type OpenedSource } from '../../storage';

let root: string;
let directory: string;

/**
 * Directories of the test: `root/secret.txt` is outside; `root/sources/` has files, a folder, and links of every kind.
 */
beforeAll(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'file-source-')));
  directory = join(root, 'sources');
  await mkdir(join(directory, 'folder'), { recursive: true });
  await mkdir(join(root, 'sources-of-others'));
  await writeFile(join(root, 'secret.txt'), 'secret');
  await writeFile(join(root, 'sources-of-others', 'a.txt'), 'of others');
  await writeFile(join(directory, 'a b.txt'), 'plain');
  await writeFile(join(directory, '..odd.txt'), 'odd');
  await writeFile(join(directory, 'folder', 'deep.txt'), 'deep');
  await symlink(join(root, 'secret.txt'), join(directory, 'link-out.txt'));
  await symlink(root, join(directory, 'folder-out'));
  await symlink(join(directory, 'folder', 'deep.txt'), join(directory, 'link-in.pdf'));
  await symlink(join(directory, 'nowhere'), join(directory, 'broken-link.txt'));
  await symlink(directory, join(root, 'linked-sources'));
  execFileSync('mkfifo', [join(directory, 'fifo')]);
  // The super-user can open it, but it is not a file.
  await mkdir(join(directory, 'locked'), { mode: 0o000 });
});
afterAll(() => rm(root, { recursive: true }));

/**
 * Gives the expected message. It is the same for outside, missing and unreadable files, so that it reveals nothing
 * about the worker's disk.
 */
const REFUSED = /^'\/[^']*' is not a readable file in the directory of sources$/;

const { signal } = new AbortController();
const open = async (source: string, sourceDirectory = directory): Promise<OpenedSource> =>
  createSources({ sourceDirectory })(source, { signal });

/** Opens a source, and gives its name and its text. */
async function read(source: string, sourceDirectory = directory): Promise<readonly [string | undefined, string]> {
  const opened = await open(source, sourceDirectory);
  if (!('content' in opened)) throw new Error('no content');
  return [opened.fileName, await opened.content.text()];
}

/** Gives the message with which a source is refused. */
async function refusal(source: string, sourceDirectory = directory): Promise<string> {
  const error: unknown = await open(source, sourceDirectory).then(
    () => new Error('it was opened'),
    (refused: unknown) => refused,
  );
  expect(error).toBeInstanceOf(SourceError);
  return (error as Error).message;
}

const urlOf = (...path: string[]) => pathToFileURL(join(...path)).href;

describe('a file: source', () => {
  it('is opened under the directory, at any depth', async () => {
    expect(await read(urlOf(directory, 'folder', 'deep.txt'))).toEqual(['deep.txt', 'deep']);
    expect(await read(`file://localhost${directory}/folder/deep.txt`)).toEqual(['deep.txt', 'deep']);
    expect(await read(`FILE://${directory}/folder/deep.txt`)).toEqual(['deep.txt', 'deep']);
  });

  it('is decoded from percent-encoding', async () => {
    expect(await read(`file://${directory}/a%20b.txt`)).toEqual(['a b.txt', 'plain']);
    expect(await read(`file://${directory}/%66older/deep.txt`)).toEqual(['deep.txt', 'deep']);
  });

  it('may contain .. within the directory, and dots in its name', async () => {
    expect(await read(`file://${directory}/folder/../a%20b.txt`)).toEqual(['a b.txt', 'plain']);
    expect(await read(urlOf(directory, '..odd.txt'))).toEqual(['..odd.txt', 'odd']);
  });

  it('may be a link that stays inside, and keeps the name of the link', async () => {
    expect(await read(urlOf(directory, 'link-in.pdf'))).toEqual(['link-in.pdf', 'deep']);
  });

  it('is found if the directory itself is a link', async () => {
    const linked = join(root, 'linked-sources');
    expect(await read(urlOf(linked, 'folder', 'deep.txt'), linked)).toEqual(['deep.txt', 'deep']);
    expect(await refusal(urlOf(root, 'secret.txt'), linked)).toMatch(REFUSED);
  });

  it.each([
    ['above the directory', 'secret.txt'],
    ['in a directory that begins with the same letters', 'sources-of-others/a.txt'],
    ['reached by ..', 'sources/../secret.txt'],
    ['reached by an encoded ..', 'sources/%2e%2e/secret.txt'],
    ['reached by .. from a folder', 'sources/folder/../../secret.txt'],
    ['behind a link', 'sources/link-out.txt'],
    ['behind a link to a directory', 'sources/folder-out/secret.txt'],
    ['reached by .. behind a link to a directory', 'sources/folder-out/sources-of-others/../secret.txt'],
    ['the directory above', ''],
  ])('is refused %s', async (_title, path) => {
    expect(await refusal(`file://${root}/${path}`)).toMatch(REFUSED);
  });

  it.each([
    ['is missing', 'nothing.txt'],
    ['is a broken link', 'broken-link.txt'],
    ['has a file for a folder', 'a%20b.txt/c'],
    ['has a zero byte in its name', 'a%00b'],
    ['is a directory', 'folder'],
    ['is the directory of sources', '.'],
    ['is a FIFO', 'fifo'],
    ['is in a folder that the worker cannot read', 'locked/a.txt'],
    ['is a device outside', '../../../../../../../dev/null'],
    ['is missing outside', '../nothing/at/all'],
  ])('is refused with the same message if it %s', async (_title, path) => {
    expect(await refusal(`file://${directory}/${path}`)).toMatch(REFUSED);
  });

  it.each(['file://elsewhere/a.txt', 'file:///a%2fb.txt'])('is refused if it is %s', async (source) => {
    expect(await refusal(source)).toMatch(/^source is not a file: URL of this machine: /);
  });

  it('is refused if the directory is missing', async () => {
    expect(await refusal(urlOf(directory, 'a b.txt'), join(root, 'none'))).toBe(
      'the directory of sources (EXTEND_PARSE_SOURCE_DIR) cannot be opened: ENOENT',
    );
  });

  it('is refused if the worker has no directory', async () => {
    const opened = createSources({})(urlOf(directory, 'a b.txt'), { signal });
    await expect(opened).rejects.toBeInstanceOf(SourceError);
    await expect(opened).rejects.toThrow(/^the worker has no directory of sources \(EXTEND_PARSE_SOURCE_DIR\)/);
  });
});

describe('a source of another scheme', () => {
  it.each(['http://h/a.pdf?SECRET', 's3://user:SECRET@bucket/key', 'toString:SECRET', '__proto__:SECRET'])(
    'is refused, and only its scheme is shown: %s',
    async (source) => {
      const message = await refusal(source);
      expect(message).toContain(`no resolver for the scheme '${source.slice(0, source.indexOf(':')).toLowerCase()}:'`);
      expect(message).not.toContain('SECRET');
    },
  );
});
