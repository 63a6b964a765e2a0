/** Comments, messages and pages keep the rules of the house's language, as far as a program can tell. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { findingsIn, OPENINGS, WORDS } from './language-rules';
import { proseOf } from './prose';

const ROOT = join(__dirname, '../..');

/** Folders that are not checked: installed, built, generated or recorded files, and documents to parse. */
const OTHERS = [
  ...['node_modules', 'dist', 'coverage', 'parsed'],
  ...['docs/reference', 'test/releases', 'test/histories', 'test/documents'],
];

/** The files that may break a rule, each with its reason. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  'test/docs/language-rules.ts': 'holds the wordings that the rules refuse',
  'test/docs/language.test.ts': 'shows wordings that the rules refuse',
};

/** The files of a folder, by path from the root. Names that begin with a dot are left out. */
function filesBelow(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.name.startsWith('.') || OTHERS.includes(path)) return [];
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}

const FILES = filesBelow('').filter((path) => /\.(?:ts|mjs|cjs|js|md)$/.test(path) && !(path in EXCEPTIONS));
/** The folder of a file as the titles name it: one at the top, or one of `test`. */
const folderOf = (path: string) => /^(?:test\/)?[^/]+\//.exec(path)?.[0] ?? 'the root';
const FOLDERS = [...new Set(FILES.map(folderOf))].sort();

/** The findings of a file, one line each. */
function findingsOf(path: string): string[] {
  const found = findingsIn(proseOf(path, readFileSync(join(ROOT, path), 'utf8')));
  return found.map(({ line, rule, words, better }) => `${path}:${line}: "${words}" (${rule}); better: ${better}`);
}

it.each(FOLDERS)('the words of %s keep the rules', (folder) => {
  expect(FILES.filter((path) => folderOf(path) === folder).flatMap(findingsOf)).toEqual([]);
});

it('each exception is a file', () => {
  expect(Object.keys(EXCEPTIONS).filter((path) => !filesBelow('test/docs').includes(path))).toEqual([]);
});

describe('a rule', () => {
  const rulesIn = (path: string, text: string) => findingsIn(proseOf(path, text)).map(({ rule }) => rule);

  it.each(OPENINGS)('refuses in a comment: $rule', ({ rule, bad, good }) => {
    expect(rulesIn('a.ts', `/** ${bad} */\nconst a = 1;`)).toEqual([rule]);
    expect(rulesIn('a.ts', `/** ${good} */\nconst a = 1;`)).toEqual([]);
  });

  it.each(WORDS)('refuses in comments, strings and pages: $rule', ({ rule, bad, good }) => {
    const inComment = (text: string) => `/*\n * ${text.replace('\n', '\n * ')}\n */\nexport {};`;
    const inTemplate = (text: string) => `const a = \`${text}\`;`;
    for (const wrap of [inComment, inTemplate]) {
      expect(rulesIn('a.ts', wrap(bad))).toEqual([rule]);
      expect(rulesIn('a.ts', wrap(good))).toEqual([]);
    }
    expect(rulesIn('a.md', `# Page\n\n${bad}\n`)).toEqual([rule]);
    expect(rulesIn('a.md', `# Page\n\n${good}\n`)).toEqual([]);
  });
});

describe('a finding', () => {
  it('has the line of the words', () => {
    const code = [
      'const a = 1;',
      '/**',
      ' * A run that',
      ' * nobody polls.',
      ' */',
      'const b = `\n${a} mend`; // theirs',
    ];
    expect(findingsIn(proseOf('a.ts', code.join('\n')))).toMatchObject([
      { line: 4, words: 'nobody' },
      { line: 7, words: 'theirs' },
      { line: 7, words: 'mend' },
    ]);
    expect(findingsIn(proseOf('a.md', 'One\n\n```ts\nconst a = 1;\n// Where it is.\n```\n\nnobody'))).toMatchObject([
      { line: 8, words: 'nobody' },
      { line: 5, words: 'Where' },
    ]);
  });
});

describe('the opening of a comment', () => {
  const openings = (path: string, text: string) => findingsIn(proseOf(path, text)).length;

  it.each([
    ['a line comment', 'call(); // How it goes.', 1],
    ['the second of two line comments', '// The caller knows\n// How it goes.\ncall();', 0],
    ['a comment between arguments', 'call(/* Whether it is last. */ true);', 1],
    [
      'the reason of a lint exception',
      '// eslint-disable-next-line no-console -- What it prints is the result\ncall();',
      1,
    ],
    ['the text of a tag', '/**\n * Tells it.\n * @returns Whether it is so.\n */\nfunction a() {}', 1],
    ['a string that looks like a comment', "call('// What it is');", 0],
    ['a name in code', '/** `Where` is a name. */\ncall();', 0],
    ['a longer word', '/** However late, it ends. */\ncall();', 0],
  ])('is checked: %s', (_name, code, count) => {
    expect(openings('a.ts', code)).toBe(count);
  });

  it('is checked in blocks of code on a page, and not in its text', () => {
    expect(openings('a.md', '## What is promised\n')).toBe(0);
    expect(openings('a.md', '```sh\n# What it prints\nnpm start\n```\n')).toBe(1);
    expect(openings('a.md', 'The word `nobody` is code, [a link](nobody.md) too.\n')).toBe(0);
  });
});
