/** docs/parse-config.md lists exactly the options of the API, and its before and after is what the emulator makes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startEmulator, type Emulator } from '../../local/extend';
import { CONFIG_OPTIONS } from '../../local/extend/config-options';
import { parseBytes } from '../local/extend/api-call';

const page = readFileSync(join(__dirname, '../../docs/parse-config.md'), 'utf8');

describe('The table of options', () => {
  const rows = [...page.matchAll(/^\| `(?<path>\w[\w.]+)`(?: \((?<version>[\d-]+)\))? \|.*\| (?<local>[^|]+) \|$/gm)];
  const listed = rows.map(({ groups = {} }) => groups as { path: string; version?: string; local: string });

  it('lists exactly the options, with the only version that has them', () => {
    const expected = Object.entries(CONFIG_OPTIONS).map(([path, { onlyIn }]) => [path, onlyIn]);
    expect(listed.map(({ path, version }) => [path, version])).toEqual(expected);
  });

  it('says which options the emulator cannot honour', () => {
    const ignored = new Set(
      Object.entries(CONFIG_OPTIONS).flatMap(([path, { isIgnored }]) => (isIgnored ? [path] : [])),
    );
    const wrong = listed.filter(({ path, local }) => (ignored.has(path) ? local === 'yes' : local === 'no'));
    expect(wrong).toEqual([]);
  });
});

describe('The before and after', () => {
  const [, document = ''] = /```markdown\n(.*?)```/s.exec(page) ?? [];
  const examples = [...page.matchAll(/### ([^\n]*)\n(?:(?!\n### ).)*?```json\n(.*?)```\n\n```text\n(.*?)```/gs)];
  let emulator: Emulator;
  beforeAll(async () => {
    emulator = await startEmulator();
  });
  afterAll(() => emulator.close());

  it('has four examples', () => {
    expect(examples).toHaveLength(4);
  });

  it.each(examples.map(([, title = '', config = '', output = '']) => [title, config, output]))(
    'is what the emulator makes: %s',
    async (_title, config, output) => {
      const run = await parseBytes(emulator, new TextEncoder().encode(document), 'notice.md', JSON.parse(config));
      const chunks = run.chunks as { type: string; content: string }[];
      const shown = chunks.map(({ type, content }, at) => `== chunk ${at + 1}: ${type}\n${content}\n`);
      expect(shown.join('\n')).toBe(output);
    },
  );
});
