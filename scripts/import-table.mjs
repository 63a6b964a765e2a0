import { dirname } from 'node:path';

const ROOT = dirname(import.meta.dirname);

/**
 * The permitted imports between folders. The import rules below are made of this table.
 *
 * `values` and `types`: our folders or single files; npm modules under `npm` and `npmTypes`; `node`: Node's own modules.
 * An import that the table does not name is refused. A dynamic `import()` of an npm module is allowed where Node's
 * modules are, because optional libraries are loaded when first needed. `test/package/import-table.test.ts` keeps the
 * table as narrow as the code, and equal to the one in `docs/architecture.md`.
 */
export const IMPORT_TABLE = {
  json: { values: [], types: [], npm: [], npmTypes: [], node: false },
  privacy: { values: [], types: [], npm: [], npmTypes: [], node: false },
  'contract/extend': { values: ['json', 'privacy'], types: [], npm: ['valibot'], npmTypes: [], node: false },
  contract: {
    values: ['json', 'privacy', 'contract/extend'],
    types: [],
    npm: ['valibot', '@temporalio/common'],
    npmTypes: [],
    node: false,
  },
  http: {
    values: ['json', 'privacy', 'contract/extend', 'contract'],
    types: [],
    npm: ['ky'],
    npmTypes: ['undici'],
    node: false,
  },
  storage: {
    values: ['json', 'contract/extend'],
    types: ['contract'],
    npm: ['@aws-sdk/client-s3', '@aws-sdk/lib-storage'],
    npmTypes: [],
    node: true,
  },
  activities: {
    values: ['json', 'privacy', 'contract/extend', 'contract', 'http', 'storage'],
    types: [],
    npm: ['@temporalio/activity', '@temporalio/common'],
    npmTypes: [],
    node: true,
  },
  workflows: {
    values: ['json', 'privacy', 'contract/extend', 'contract'],
    types: ['activities/types'],
    npm: ['@temporalio/workflow'],
    npmTypes: [],
    node: false,
  },
  client: {
    values: ['json', 'contract', 'storage', 'workflows/messages'],
    types: ['contract/extend', 'workflows'],
    npm: ['@temporalio/client', '@temporalio/common'],
    npmTypes: [],
    node: true,
  },
  webhook: {
    values: ['json', 'privacy', 'contract/extend', 'contract', 'workflows/messages'],
    types: [],
    npm: ['@temporalio/client', '@hono/node-server'],
    npmTypes: [],
    node: true,
  },
  // The worker names the workflows by their path only, because they run inside the sandbox.
  worker: {
    values: ['json', 'privacy', 'contract/extend', 'contract', 'activities'],
    types: [],
    npm: ['@temporalio/worker', '@temporalio/envconfig'],
    npmTypes: [],
    node: true,
  },
  // Of the contract, the emulator uses types only, so that it cannot repeat a mistake of `http` or of the decoders.
  'local/extend': {
    values: ['json'],
    types: ['contract/extend'],
    npm: [],
    npmTypes: ['@llamaindex/liteparse-wasm', 'turndown', 'hucre', 'officeparser', 'postal-mime', 'tesseract.js'],
    node: true,
  },
  'local/temporal': { values: [], types: [], npm: [], npmTypes: [], node: true },
  testing: {
    values: ['json', 'contract', 'client', 'webhook', 'worker', 'local/extend', 'local/temporal'],
    types: [],
    // Static imports only: plain jest has no import() of its own.
    npm: ['@temporalio/testing', '@temporalio/worker'],
    npmTypes: [],
    node: true,
  },
  cli: {
    values: [
      'json',
      'privacy',
      'contract/extend',
      'contract',
      'http',
      'client',
      'webhook',
      'worker',
      'local/extend',
      'local/temporal',
    ],
    types: [],
    npm: ['commander'],
    npmTypes: ['@temporalio/client'],
    node: true,
  },
};

/** Our source folders. A file belongs to the innermost of them. */
export const FOLDERS = Object.keys(IMPORT_TABLE);
const foldersInside = (folder) => FOLDERS.filter((other) => other.startsWith(`${folder}/`));
const isInside = (path, folder) => path === folder || path.startsWith(`${folder}/`);
const escape = (text) => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
const anyOf = (names) => (names.length === 0 ? '(?!)' : names.map(escape).join('|'));

/** One zone per folder that `folder` may not import from in any way; permitted files and folders inside are exceptions. */
function forbiddenZones(folder) {
  const { values, types } = IMPORT_TABLE[folder];
  const permitted = [...values, ...types];
  const allowed = [...permitted, folder];
  return FOLDERS.filter((other) => !allowed.some((path) => isInside(other, path))).map((other) => ({
    target: `./${folder}`,
    from: `./${other}`,
    except: allowed
      .filter((path) => isInside(path, other))
      .map((path) => `./${path.slice(other.length + 1)}${FOLDERS.includes(path) ? '' : '.ts'}`),
    message: `'${folder}' may import: ${permitted.join(', ') || 'no other folder'}.`,
  }));
}

/** The modules that may be imported by `import type` only, and the npm modules that may not be imported at all. */
function restrictedModules(folder) {
  const { values, types, npm, npmTypes, node } = IMPORT_TABLE[folder];
  const typesOnly = types.map((path) => {
    const exceptions = values.filter((value) => isInside(value, path)).map((value) => value.slice(path.length + 1));
    const rest = exceptions.length === 0 ? '' : `(?!/(?:${anyOf(exceptions)})(?:/|$))`;
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
  ignores: foldersInside(folder).map((inside) => `${inside}/**`),
  rules: {
    'import-x/no-restricted-paths': ['error', { basePath: ROOT, zones: forbiddenZones(folder) }],
    '@typescript-eslint/no-restricted-imports': ['error', { patterns: restrictedModules(folder) }],
  },
}));
