/** Risk tested here: a test runs workflows as they were before the last change. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { fingerprint, keepBundle, readBundle } from '../../testing/bundle-cache';
import { withBundledWorkflows } from '../../testing/bundle-workflows';

const CACHE = join(__dirname, '..', '..', '.cache');
const CACHE_HOME = process.env['XDG_CACHE_HOME'];

let directory: string;
let kept: string;
const made: string[] = [];

beforeEach(() => {
  mkdirSync(CACHE, { recursive: true });
  // Below the checkout, where the bundler finds Temporal's modules.
  directory = mkdtempSync(join(CACHE, 'bundles-'));
  made.push(directory);
  kept = join(directory, 'cache/temporal-extend-parse/workflow-bundles');
  process.env['XDG_CACHE_HOME'] = join(directory, 'cache');
  write('workflows.js', "exports.speak = async () => require('./words').words;");
});
afterAll(() => {
  if (CACHE_HOME === undefined) delete process.env['XDG_CACHE_HOME'];
  else process.env['XDG_CACHE_HOME'] = CACHE_HOME;
  for (const path of made) rmSync(path, { recursive: true });
});

const write = (name: string, text: string) => writeFileSync(join(directory, name), text);
const say = (name: string, words: string) => write(name, `exports.words = '${words}';`);

/** Returns the words in the bundle that a test would get now. */
async function spoken(): Promise<string | undefined> {
  const { workflowBundle } = await withBundledWorkflows({ workflowsPath: join(directory, 'workflows.js') });
  const { code } = workflowBundle as { code: string };
  return /exports\.words = '(.*?)'/.exec(code)?.[1];
}

/** Changes the kept bundle, so that a test can tell if it is used. */
function forge(from: string | RegExp, to: string): void {
  const [file, ...others] = readdirSync(kept);
  expect(others).toEqual([]);
  const text = readFileSync(join(kept, file!), 'utf8');
  expect(text).toMatch(from);
  writeFileSync(join(kept, file!), text.replace(from, to));
}

/** A bundle that the bundler has made of one file: `keep` keeps it, `read` returns its code if it can be used now. */
function bundleOfWords() {
  say('words.js', 'as read');
  const words = join(directory, 'words.js');
  const sources = new Map([[words, fingerprint(words)]]);
  return {
    keep: () => keepBundle('workflows.js', 'code of what was read', { sources, paths: [words] }),
    read: () => readBundle('workflows.js'),
  };
}

describe('a bundle of workflows', () => {
  it('is kept while its files stay unchanged, and made again after each change; a broken one is not kept', async () => {
    await expect(spoken()).rejects.toThrow();
    say('words.js', 'made first');
    expect(await spoken()).toBe('made first');
    forge('made first', 'kept');
    expect(await spoken()).toBe('kept');
    say('words.js', 'changed');
    expect(await spoken()).toBe('changed');
    // The new file has precedence over one of the bundle's files.
    say('words.ts', 'of TypeScript');
    expect(await spoken()).toBe('of TypeScript');
  });

  it('is not used if it is of another version of the bundler, or cannot be read', async () => {
    const { keep, read } = bundleOfWords();
    await keep();
    expect(await read()).toBe('code of what was read');
    forge(/"bundler":"[\d.]+"/, '"bundler":"1.0.0"');
    expect(await read()).toBeUndefined();
    await keep();
    expect(await read()).toBe('code of what was read');
    forge(/^\{/, '');
    expect(await read()).toBeUndefined();
  });

  it('is not used if a source was saved after the bundler had read it', async () => {
    const { keep, read } = bundleOfWords();
    await keep();
    expect(await read()).toBe('code of what was read');
    say('words.js', 'saved meanwhile');
    await keep();
    expect(await read()).toBeUndefined();
  });

  it('is made if it cannot be kept', async () => {
    process.env['XDG_CACHE_HOME'] = join(directory, 'workflows.js');
    say('words.js', 'not kept');
    expect(await spoken()).toBe('not kept');
  });
});
