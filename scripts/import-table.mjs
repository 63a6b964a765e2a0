import { dirname } from 'node:path';

const ROOT = dirname(import.meta.dirname);

/**
 * Who may import whom: the one table that the import rules below are made of.
 *
 * `values` and `types`: our folders or single files; npm modules under `npm` and `npmTypes`; `node`: Node's own modules.
 * What is not named is refused. A dynamic `import()` of an npm module is free where Node's modules are: libraries that
 * not every user has are loaded when first needed.
 */
export const IMPORT_TABLE = {
  api: { values: [], types: [], npm: ['valibot', '@temporalio/common'], npmTypes: [], node: false },
  http: { values: ['api'], types: [], npm: ['ky'], npmTypes: [], node: true },
  storage: {
    values: ['api'],
    types: [],
    npm: ['@aws-sdk/client-s3', '@aws-sdk/lib-storage'],
    npmTypes: [],
    node: true,
  },
  activities: {
    values: ['api', 'http', 'storage'],
    types: [],
    npm: ['@temporalio/activity', '@temporalio/common'],
    npmTypes: [],
    node: true,
  },
  workflows: {
    values: ['api'],
    types: ['activities/types'],
    npm: ['@temporalio/workflow'],
    npmTypes: ['@temporalio/common'],
    node: false,
  },
  client: {
    values: ['api', 'storage', 'workflows/messages'],
    types: ['workflows'],
    npm: ['@temporalio/client', '@temporalio/common', '@temporalio/envconfig'],
    npmTypes: [],
    node: true,
  },
  // The worker reaches the workflows by path only: they belong into the sandbox.
  worker: {
    values: ['api', 'http', 'storage', 'activities'],
    types: [],
    npm: ['@temporalio/worker', '@temporalio/plugin', '@temporalio/envconfig', '@temporalio/common'],
    npmTypes: [],
    node: true,
  },
  // Written from the contract's types alone, so that a mistake in `http` or in the schemas cannot hide in it.
  emulator: {
    values: [],
    types: ['api'],
    npm: [],
    npmTypes: ['@llamaindex/liteparse-wasm', 'mammoth', 'turndown', '@joplin/turndown-plugin-gfm', 'hucre'],
    node: true,
  },
  local: { values: ['emulator', 'worker'], types: [], npm: ['@temporalio/testing'], npmTypes: [], node: true },
  testing: {
    values: ['local', 'emulator', 'worker', 'client'],
    types: [],
    // Static imports only: plain jest has no import() of its own.
    npm: ['@temporalio/testing', '@temporalio/worker'],
    npmTypes: [],
    node: true,
  },
  cli: {
    values: ['local', 'client', 'worker', 'emulator', 'api', 'http'],
    types: [],
    npm: ['commander', 'log-update'],
    npmTypes: ['@temporalio/client'],
    node: true,
  },
};

/** Our source folders. */
export const FOLDERS = Object.keys(IMPORT_TABLE);
const isInside = (path, folder) => path === folder || path.startsWith(`${folder}/`);
const escape = (text) => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
const anyOf = (names) => (names.length === 0 ? '(?!)' : names.map(escape).join('|'));

/** One zone per folder that `folder` may not import from in any way; single permitted files are exceptions. */
function forbiddenZones(folder) {
  const { values, types } = IMPORT_TABLE[folder];
  const permitted = [...values, ...types];
  return FOLDERS.filter((other) => other !== folder && !permitted.includes(other)).map((other) => ({
    target: `./${folder}`,
    from: `./${other}`,
    except: permitted.filter((path) => isInside(path, other)).map((path) => `./${path.slice(other.length + 1)}.ts`),
    message: `'${folder}' may import: ${permitted.join(', ') || 'no other folder'}.`,
  }));
}

/** What may be imported by `import type` only, and the npm modules that may not be imported at all. */
function restrictedModules(folder) {
  const { values, types, npm, npmTypes, node } = IMPORT_TABLE[folder];
  const typesOnly = types.map((path) => {
    const exceptions = values.filter((value) => isInside(value, path)).map((value) => value.slice(path.length + 1));
    const rest = exceptions.length === 0 ? '' : `(?!/(?:${anyOf(exceptions)})$)`;
    return `${escape(path)}${rest}(?:/|$)`;
  });
  const known = [...npm, ...npmTypes];
  const allowed = `${anyOf(known)}${node ? '|node:.+' : ''}|#.+`;
  return [
    // The compiler would copy it into dist, where Node takes it for the package's own.
    { regex: 'package\\.json$', message: 'Use require() inside a function: an import copies the manifest into dist.' },
    {
      regex: `^(?!\\.)(?!(?:${allowed})$)`,
      message: `'${folder}' may import of npm: ${known.join(', ') || 'nothing'}${node ? '; and node: modules' : ''}.`,
    },
    ...(typesOnly.length === 0
      ? []
      : [{ regex: `^(?:\\.\\./)+(?:${typesOnly.join('|')})`, allowTypeImports: true, message: 'Types only.' }]),
    ...(npmTypes.length === 0
      ? []
      : [
          {
            regex: `^(?:${anyOf(npmTypes)})$`,
            allowTypeImports: true,
            message: 'Types only, or import() when needed.',
          },
        ]),
  ];
}

/** The table as lint configuration, one entry per folder. */
export const importRules = FOLDERS.map((folder) => ({
  name: `imports of ${folder}`,
  files: [`${folder}/**/*.ts`],
  rules: {
    'import-x/no-restricted-paths': ['error', { basePath: ROOT, zones: forbiddenZones(folder) }],
    '@typescript-eslint/no-restricted-imports': ['error', { patterns: restrictedModules(folder) }],
  },
}));
