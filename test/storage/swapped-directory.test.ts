/**
 * Risk tested here: a directory that is swapped for a link between the check and the open leads out of the directory.
 */
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createFileStore, createSources } from '../../storage';

/** An opening that did not check the location of the opened file read from outside within 300 tries. */
const TRIES = 3_000;
const WRITES = 700;

/** Swaps the directory for the link and back, until the test stops it. */
const SWAP = `
const { workerData: { directory, aside, link, isOver } } = require('node:worker_threads');
const { renameSync } = require('node:fs');
while (Atomics.load(isOver, 0) === 0) {
  renameSync(directory, aside);
  renameSync(link, directory);
  renameSync(directory, link);
  renameSync(aside, directory);
}`;

let root: string;

/** `root/in/swapped/a.txt` is inside, `root/out/a.txt` outside. Both files have the same name, size and times. */
beforeAll(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'swapped-')));
  for (const [folder, text] of [
    ['in/swapped', 'inside!'],
    ['out', 'outside'],
  ] as const) {
    mkdirSync(join(root, folder), { recursive: true });
    writeFileSync(join(root, folder, 'a.txt'), text);
    utimesSync(join(root, folder, 'a.txt'), 1, 1);
  }
  symlinkSync(join(root, 'out'), join(root, 'in', 'link'));
});
afterAll(() => rmSync(root, { recursive: true }));

/** Starts a thread that repeats its program until it is stopped. */
function startThread(program: string, names: Readonly<Record<string, string>>): { stop(): Promise<void> } {
  const isOver = new Int32Array(new SharedArrayBuffer(4));
  const thread = new Worker(program, { eval: true, workerData: { ...names, isOver } });
  const ended = once(thread, 'exit');
  return {
    stop: async () => {
      Atomics.store(isOver, 0, 1);
      await ended;
    },
  };
}

/**
 * Gives the texts that the tries have read. A refusal counts as a text. The tries end when the directory and the link
 * were both met, even if the swapping thread had to wait for a core.
 */
async function textsOf(read: () => Promise<string>): Promise<ReadonlyMap<string, number>> {
  const texts = new Map<string, number>();
  for (let attempt = 0; attempt < TRIES || texts.size < 2; attempt += 1) {
    const text = await read().catch(() => 'refused');
    texts.set(text, (texts.get(text) ?? 0) + 1);
  }
  return texts;
}

const openedFiles = () => readdirSync('/proc/self/fd').length;

describe('while the directory is swapped', () => {
  let swapping: ReturnType<typeof startThread>;
  beforeAll(() => {
    const inside = (name: string) => join(root, 'in', name);
    swapping = startThread(SWAP, { directory: inside('swapped'), aside: inside('aside'), link: inside('link') });
  });
  // The thread takes a core for itself, so it ends before the next test.
  afterAll(() => swapping.stop());

  it('a file: source is never read from outside', async () => {
    const { signal } = new AbortController();
    const sources = createSources({ sourceDirectory: join(root, 'in') });
    const before = openedFiles();
    const texts = await textsOf(async () => {
      const opened = await sources(pathToFileURL(join(root, 'in', 'swapped', 'a.txt')).href, { signal });
      if (!('content' in opened)) throw new Error('no content');
      const text = await opened.content.text();
      await opened.close?.();
      return text;
    });
    expect([...texts.keys()].sort()).toEqual(['inside!', 'refused']);
    expect(openedFiles()).toBeLessThan(before + 10);
  }, 120_000);

  it('a stored object is never read from outside', async () => {
    const store = createFileStore({ directory: join(root, 'in') });
    const before = openedFiles();
    const texts = await textsOf(async () => {
      const parts: Uint8Array[] = [];
      for await (const part of await store.read(pathToFileURL(join(root, 'in', 'swapped', 'a.txt')).href))
        parts.push(part);
      return Buffer.concat(parts).toString();
    });
    expect([...texts.keys()].sort()).toEqual(['inside!', 'refused']);
    expect(openedFiles()).toBeLessThan(before + 10);
  }, 120_000);
});

/** Replaces the directory by a link and back, also while the store creates the directory, until the test stops it. */
const REPLACE = `
const { workerData: { directory, outside, isOver } } = require('node:worker_threads');
const { mkdirSync, rmSync, symlinkSync } = require('node:fs');
const attempt = (action) => { try { action(); } catch {} };
while (Atomics.load(isOver, 0) === 0) {
  attempt(() => rmSync(directory, { recursive: true, force: true }));
  attempt(() => symlinkSync(outside, directory));
  attempt(() => rmSync(directory, { recursive: true, force: true }));
  attempt(() => mkdirSync(directory));
}`;

it('an object is never written outside', async () => {
  const [directory, outside] = [join(root, 'in', 'replaced'), join(root, 'outside')];
  mkdirSync(outside);
  const replacing = startThread(REPLACE, { directory, outside });
  const store = createFileStore({ directory: join(root, 'in') });
  const ends = new Map<string, number>();
  for (let attempt = 0; attempt < WRITES; attempt += 1) {
    const end = await store.write('replaced/a.txt', content()).then(
      () => 'written',
      () => 'refused',
    );
    ends.set(end, (ends.get(end) ?? 0) + 1);
  }
  await replacing.stop();
  expect([...ends.keys()].sort()).toEqual(['refused', 'written']);
  expect(readdirSync(outside)).toEqual([]);
}, 120_000);

async function* content(): AsyncGenerator<Uint8Array, void> {
  yield Buffer.from('inside!');
}
