import { createNodeResolver, importX } from 'eslint-plugin-import-x';
import jsdoc from 'eslint-plugin-jsdoc';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { FOLDERS, importRules } from './scripts/import-table.mjs';

const SOURCES = FOLDERS.map((folder) => `${folder}/**/*.ts`);

/** Globals that break replay in code that runs inside a workflow. The bundler does not warn about them. */
const SANDBOXED = ['json', 'privacy', 'contract', 'workflows'];
const BANNED_IN_SANDBOX = [
  ...['fetch', 'Headers', 'Request', 'Response', 'WebSocket', 'XMLHttpRequest', 'navigator'],
  ...['process', 'Buffer', 'require', 'module', '__dirname', '__filename'],
  ...['console', 'crypto', 'performance'],
  ...['setTimeout', 'setInterval', 'setImmediate', 'clearTimeout', 'clearInterval', 'clearImmediate'],
  ...['WeakRef', 'FinalizationRegistry', 'global', 'globalThis', 'self', 'window'],
];

/** Syntax that no source may have. */
const BANNED_SYNTAX = [
  { selector: 'ExportAllDeclaration', message: 'Name what is exported: no `export *`.' },
  { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' },
  {
    selector: 'ExportNamedDeclaration[source=null][declaration=null] > ExportSpecifier',
    message: 'Export where it is declared, so that its documentation is checked.',
  },
  { selector: 'TSEnumDeclaration', message: 'A union of literals instead of an enum.' },
];
const BANNED_SANDBOX_SYNTAX = [
  { selector: 'ImportExpression', message: 'Workflow code is bundled ahead: no dynamic import.' },
  { selector: 'TSImportEqualsDeclaration', message: 'Workflow code is bundled ahead: no require.' },
];

/** Interfaces whose members users fill in. Each member needs a docstring, as every export does. */
const FILLED_IN = '[id.name=/(?:Options|Input|Settings|Config|Deps|Dependencies|Policy)$/]';
const MEMBERS = `ExportNamedDeclaration > TSInterfaceDeclaration${FILLED_IN} > TSInterfaceBody`;
const EXPORTS = [
  'ExportNamedDeclaration > FunctionDeclaration',
  'ExportNamedDeclaration > ClassDeclaration',
  'ExportNamedDeclaration > TSInterfaceDeclaration',
  'ExportNamedDeclaration > TSTypeAliasDeclaration',
  'ExportNamedDeclaration[declaration.type="VariableDeclaration"]',
];
const DOCUMENTED = [...EXPORTS, `${MEMBERS} > TSPropertySignature`, `${MEMBERS} > TSMethodSignature`];
/** Folders with classes that users get. A class that implements an interface is documented at the interface. */
const HANDED_OUT = ['client', 'webhook', 'worker', 'testing', 'storage'];
const CLASS = 'ExportNamedDeclaration > ClassDeclaration[implements.length=0] > ClassBody';
const DOCUMENTED_METHODS = [
  `${CLASS} > MethodDefinition[kind="method"][accessibility!="private"][key.type="Identifier"]`,
];

const requireDocs = (contexts) => ['error', { contexts, require: { FunctionDeclaration: false } }];

export default defineConfig(
  globalIgnores(['dist/', 'coverage/', 'parsed/', '.cache/', 'test/releases/']),
  {
    name: 'all TypeScript',
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'object-shorthand': 'error',
      '@typescript-eslint/consistent-type-exports': 'error',
      '@typescript-eslint/consistent-type-imports': [
        'error',
        // `typeof import('…')` is the type of a module that is loaded when first needed.
        { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false },
      ],
      '@typescript-eslint/no-deprecated': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
      // A number in a message is allowed; an object in a message is a mistake.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // Only a package's manifest is loaded by require(); everything else is imported.
      '@typescript-eslint/no-require-imports': ['error', { allow: ['/package\\.json$'] }],
      '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      // Activities, resolvers and stores are asynchronous by contract, even if a function awaits nothing.
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    name: 'sources',
    files: SOURCES,
    plugins: { 'import-x': importX, jsdoc },
    settings: { 'import-x/resolver-next': [createNodeResolver({ extensions: ['.ts', '.js'] })] },
    rules: {
      complexity: ['error', 15],
      'max-depth': ['error', 3],
      'max-lines': ['error', { max: 200, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 40, skipBlankLines: true, skipComments: true }],
      'max-params': ['error', 5],
      'no-console': 'error',
      'no-restricted-syntax': ['error', ...BANNED_SYNTAX],
      'import-x/no-cycle': 'error',
      'jsdoc/require-jsdoc': requireDocs(DOCUMENTED),
      'jsdoc/require-description': ['error', { contexts: EXPORTS }],
      'jsdoc/no-types': 'error',
    },
  },
  ...importRules,
  {
    name: 'classes that users get',
    files: HANDED_OUT.map((folder) => `${folder}/**/*.ts`),
    rules: { 'jsdoc/require-jsdoc': requireDocs([...DOCUMENTED, ...DOCUMENTED_METHODS]) },
  },
  {
    name: 'code that runs inside a workflow',
    files: SANDBOXED.map((folder) => `${folder}/**/*.ts`),
    rules: {
      'no-restricted-globals': [
        'error',
        ...BANNED_IN_SANDBOX.map((name) => ({ name, message: 'Not in code that a workflow replays.' })),
      ],
      'no-restricted-syntax': ['error', ...BANNED_SYNTAX, ...BANNED_SANDBOX_SYNTAX],
    },
  },
  {
    name: 'contracts and predicates are pure',
    files: ['json/**/*.ts', 'privacy/**/*.ts', 'contract/**/*.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'Take the time as an argument.' },
        { object: 'Math', property: 'random', message: 'Take the random number as an argument.' },
      ],
    },
  },
  { name: 'the command line speaks to a person', files: ['cli/**/*.ts'], rules: { 'no-console': 'off' } },
  {
    name: 'tests',
    files: ['test/**/*.ts', 'bench/**/*.ts', 'examples/**/*.ts'],
    rules: {
      // Tests check values from a wire or a history as they are, without types.
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-deprecated': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      'no-restricted-properties': [
        'error',
        ...['mock', 'doMock', 'spyOn', 'useFakeTimers', 'fn'].map((property) => ({
          object: 'jest',
          property,
          message: 'Tests run against the real parts.',
        })),
        ...['describe', 'it', 'test'].flatMap((object) =>
          ['only', 'skip'].map((property) => ({ object, property, message: 'Not to be committed.' })),
        ),
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: 'CallExpression[callee.name=/^(?:it|test)$/] > Literal:first-child[value=/\\bshould\\b/]',
          message: 'A title says what happens, without "should".',
        },
      ],
    },
  },
  {
    name: 'scripts and configuration',
    files: ['**/*.js', '**/*.mjs'],
    extends: [tseslint.configs.base],
    rules: {
      'max-lines': ['error', { max: 200, skipBlankLines: true, skipComments: true }],
      eqeqeq: 'error',
      'no-unused-vars': 'error',
      'object-shorthand': 'error',
    },
  },
);
