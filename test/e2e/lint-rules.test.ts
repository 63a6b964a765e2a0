/** Each lint rule about layers and style fires on an example, and allows a similar example. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';

const ROOT = join(__dirname, '..', '..');

interface Snippet {
  readonly folder: string;
  readonly code: string;
  /** Text that the title shows instead of the code. */
  readonly what?: string;
  /** The rule that must fire. Absent if the snippet is allowed. */
  readonly rule?: string;
}

const PATHS = 'import-x/no-restricted-paths';
const IMPORTS = '@typescript-eslint/no-restricted-imports';
const GLOBALS = 'no-restricted-globals';
const SYNTAX = 'no-restricted-syntax';
const DOCS = 'jsdoc/require-jsdoc';

/** The name of a source in the folder. The rules about paths ignore an import of a file that does not exist. */
function someSource(folder: string): string {
  const name = readdirSync(join(ROOT, folder)).find(
    (entry) => entry.endsWith('.ts') && entry !== 'messages.ts' && entry !== 'types.ts',
  );
  if (name === undefined) throw new Error(`no source in ${folder}/`);
  return name;
}

/** The specifier by which a source of the folder `of` imports a source of `folder`. */
function from(folder: string, of: string): string {
  const path = `${relative(of, folder)}/${basename(someSource(folder), '.ts')}`;
  return path.startsWith('.') ? path : `./${path}`;
}

/** Code that imports a name and uses it, so that only the import can break a rule. */
const use = (specifier: string, name = 'used') => `import { ${name} } from '${specifier}';\nvoid ${name};\n`;
const useType = (specifier: string) =>
  `import type { Used } from '${specifier}';\n/** Documented. */\nexport type Mine = Used;\n`;
const longFunction = `/** Documented. */\nexport function long(): void {\n${'  void 0;\n'.repeat(40)}}\n`;

/** Snippets for imports from one folder by another, which may import values, types only, or nothing. */
function between(folder: string, other: string, permitted: 'values' | 'types' | 'nothing'): Snippet[] {
  const specifier = from(other, folder);
  const rule = { values: undefined, types: IMPORTS, nothing: PATHS }[permitted];
  const value = { folder, code: use(specifier), ...(rule && { rule }) };
  if (permitted === 'values') return [value];
  return [value, { folder, code: useType(specifier), ...(permitted === 'nothing' && { rule: PATHS }) }];
}

const BETWEEN_FOLDERS: readonly Snippet[] = [
  ...between('json', 'contract', 'nothing'),
  ...between('privacy', 'json', 'nothing'),
  ...between('contract/extend', 'json', 'values'),
  ...between('contract/extend', 'contract', 'nothing'),
  ...between('contract', 'contract/extend', 'values'),
  ...between('contract', 'activities', 'nothing'),
  ...between('http', 'contract', 'values'),
  ...between('http', 'activities', 'nothing'),
  ...between('storage', 'contract', 'types'),
  ...between('storage', 'contract/extend', 'values'),
  ...between('storage', 'http', 'nothing'),
  ...between('activities', 'http', 'values'),
  ...between('activities', 'workflows', 'nothing'),
  ...between('workflows', 'contract', 'values'),
  ...between('workflows', 'http', 'nothing'),
  ...between('workflows', 'activities', 'nothing'),
  { folder: 'workflows', code: use('../activities/types'), rule: IMPORTS },
  { folder: 'workflows', code: useType('../activities/types') },
  { folder: 'client', code: use('../workflows/messages') },
  ...between('client', 'workflows', 'types'),
  ...between('client', 'worker', 'nothing'),
  ...between('worker', 'activities', 'values'),
  ...between('worker', 'workflows', 'nothing'),
  ...between('local/extend', 'contract/extend', 'types'),
  ...between('local/extend', 'contract', 'nothing'),
  ...between('local/extend', 'http', 'nothing'),
  ...between('local/temporal', 'local/extend', 'nothing'),
  ...between('testing', 'client', 'values'),
  ...between('testing', 'cli', 'nothing'),
  ...between('cli', 'local/temporal', 'values'),
  ...between('cli', 'workflows', 'nothing'),
];

const FROM_NPM: readonly Snippet[] = [
  { folder: 'contract', code: use('valibot') },
  { folder: 'contract', code: use('ky'), rule: IMPORTS },
  { folder: 'contract', code: use('node:path'), rule: IMPORTS },
  { folder: 'storage', code: use('node:path') },
  { folder: 'storage', code: use('path'), rule: IMPORTS },
  { folder: 'http', code: use('undici'), rule: IMPORTS },
  { folder: 'activities', code: use('@temporalio/workflow'), rule: IMPORTS },
  { folder: 'workflows', code: use('@temporalio/workflow') },
  { folder: 'workflows', code: use('@temporalio/activity'), rule: IMPORTS },
  { folder: 'workflows', code: use('node:crypto'), rule: IMPORTS },
  { folder: 'client', code: use('@temporalio/worker'), rule: IMPORTS },
  { folder: 'local/extend', code: use('mammoth'), rule: IMPORTS },
  { folder: 'local/extend', code: "void import('mammoth');\n" },
  { folder: 'cli', code: use('../package.json', 'version'), rule: IMPORTS },
  { folder: 'workflows', code: "void import('@temporalio/workflow');\n", rule: SYNTAX },
];

const GLOBAL_NAMES = ['fetch', 'process', 'Buffer', 'console', 'crypto', 'performance', 'setInterval', 'globalThis'];
const IN_THE_SANDBOX: readonly Snippet[] = [
  ...['json', 'privacy', 'contract/extend', 'contract', 'workflows'].flatMap((folder) =>
    GLOBAL_NAMES.map((name) => ({ folder, code: `void ${name};\n`, rule: GLOBALS })),
  ),
  { folder: 'workflows', code: 'void process.env.HOME;\n', rule: GLOBALS },
  { folder: 'contract', code: 'void Date.now();\n', rule: 'no-restricted-properties' },
  { folder: 'workflows', code: 'void Date.now();\n' },
  { folder: 'http', code: 'void process.env.HOME;\n' },
];

const STYLE: readonly Snippet[] = [
  { folder: 'contract', code: 'export function bare(): void {}\n', rule: DOCS },
  { folder: 'contract', code: 'export const bare = 1;\n', rule: DOCS },
  { folder: 'contract', code: '/** Documented. */\nexport const fine = 1;\n' },
  { folder: 'contract', code: 'export type Bare = string;\n', rule: DOCS },
  { folder: 'contract', code: 'export class Bare {}\n', rule: DOCS },
  {
    folder: 'contract',
    code: '/** Documented. */\nexport interface BareOptions { readonly bareMs: number }\n',
    rule: DOCS,
  },
  { folder: 'client', code: '/** Documented. */\nexport class Fine { bare(): void {} }\n', rule: DOCS },
  { folder: 'client', code: '/** Documented. */\nexport class Fine { #own(): void {} }\n' },
  { folder: 'contract', code: longFunction, what: 'a function of 42 lines', rule: 'max-lines-per-function' },
  { folder: 'contract', code: 'void 0;\n'.repeat(201), what: 'a file of 201 lines', rule: 'max-lines' },
  { folder: 'contract', code: 'void 0;\n'.repeat(200), what: 'a file of 200 lines' },
  { folder: 'contract', code: '/** Documented. */\nexport default 1;\n', rule: SYNTAX },
  { folder: 'contract', code: "export * from './index';\n", rule: SYNTAX },
  {
    folder: 'http',
    code: 'async function go(): Promise<void> {}\ngo();\n',
    rule: '@typescript-eslint/no-floating-promises',
  },
  { folder: 'http', code: 'const any: any = 1;\nvoid any;\n', rule: '@typescript-eslint/no-explicit-any' },
  {
    folder: 'http',
    code: "import { Readable } from 'node:stream';\nlet used: Readable | undefined;\nvoid used;\n",
    rule: '@typescript-eslint/consistent-type-imports',
  },
  {
    folder: 'http',
    code: "declare const word: 'a' | 'b';\nswitch (word) {\n  case 'a':\n    break;\n}\n",
    rule: '@typescript-eslint/switch-exhaustiveness-check',
  },
  { folder: 'client', code: 'console.log(1);\n', rule: 'no-console' },
  { folder: 'cli', code: 'console.log(1);\n' },
];

/** Lints the snippets. Each takes the place of an existing file, because the linter knows the types of existing files only. */
function lint(snippets: readonly Snippet[]): string[][] {
  const input = JSON.stringify(
    snippets.map(({ folder, code }) => ({ filePath: join(ROOT, folder, someSource(folder)), code })),
  );
  const program = join(__dirname, 'lint-snippets.mjs');
  const { stdout, stderr, status } = spawnSync(process.execPath, [program, ROOT], { input, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as string[][];
}

/** The rules about layers and style. Other rules may fire, because the snippets import names that do not exist. */
const WATCHED = new Set([
  ...[PATHS, IMPORTS, GLOBALS, SYNTAX, DOCS, 'no-restricted-properties', 'no-console', 'max-lines'],
  'max-lines-per-function',
]);

const GROUPS = {
  'between folders': BETWEEN_FOLDERS,
  'from npm': FROM_NPM,
  'in a workflow': IN_THE_SANDBOX,
  style: STYLE,
};

/** The first line of a snippet below its documentation, for the title. */
const tellingLine = (code: string) => code.split('\n').find((line) => !line.startsWith('/**')) ?? code;

const fired = new Map<Snippet, readonly string[]>();

beforeAll(() => {
  const snippets = Object.values(GROUPS).flat();
  lint(snippets).forEach((rules, index) => fired.set(snippets[index]!, rules));
});

describe.each(Object.entries(GROUPS))('lint rules, %s:', (_name, snippets) => {
  const titled = snippets.map((snippet) => ({ ...snippet, snippet, line: snippet.what ?? tellingLine(snippet.code) }));

  it.each(titled.filter(({ rule }) => rule !== undefined))(
    '$folder/ is refused `$line` by $rule',
    ({ snippet, rule }) => {
      expect(fired.get(snippet)).toContain(rule);
    },
  );

  it.each(titled.filter(({ rule }) => rule === undefined))('$folder/ is allowed `$line`', ({ snippet }) => {
    const rules = fired.get(snippet) ?? ['not linted'];
    expect(rules.filter((rule) => WATCHED.has(rule) || rule.startsWith('fatal') || rule === 'not linted')).toEqual([]);
  });
});
