const { existsSync, readdirSync, readFileSync, statSync } = require('node:fs');
const { dirname, join, resolve, sep } = require('node:path');

const TESTS = resolve(__dirname, '..');

/** Matches a file that starts a Temporal server or connects to one: the names are imported as values. */
const STARTS_SERVER =
  /^import (?!type)\{[^}]*\b(?:TestWorkflowEnvironment|createParseTestEnvironment|startDevServer)\b/m;
/** Matches a file that uses the build, or starts a tool that takes seconds: npm, jest, the compiler, Temporal's bundler. */
const USES_TOOL = [
  /['"`/](?:dist|npm|start\.mjs|run-example\.mjs)['"`/]|node_modules\/\.bin|jest\/bin/,
  /from 'typescript'|bundle-workflows'|\bbundleWorkflowCode\b/,
];
/** Matches a test of the emulator that has documents parsed, which a process of the build does; or a test with a thread. */
const STARTS_PARSER_OR_THREAD = /^import \{[^}]*\b(?:finishedRun|parseBytes)\b[^}]*\} from|'node:worker_threads'/m;
/** Matches a value import of one of the project's own files. */
const IMPORTS = [
  /^(?:import|export)\s+(?!type\b)(?:[^'"]*?\sfrom\s+)?'(\.[^']+)'/gm,
  /\b(?:require|require\.resolve|import)\(\s*'(\.[^']+)'/g,
];

/**
 * Returns the full paths of all tests but those of `test/e2e`, in two tiers.
 *
 * A test is a unit test if neither it nor a file of `test/` that it imports, at any depth, starts a Temporal server, the
 * emulator's parser, a thread, the build or a tool that takes seconds. So the tiers need no care: a test that imports
 * `test/support/servers.ts` is a server test from then on.
 */
function testTiers() {
  const names = readdirSync(TESTS, { recursive: true, encoding: 'utf8' }).sort();
  const tests = names.filter((name) => name.endsWith('.test.ts') && !name.startsWith(`e2e${sep}`));
  const paths = tests.map((name) => join(TESTS, name));
  const isUnit = new Map(paths.map((path) => [path, isUnitTest(path)]));
  return { unit: paths.filter((path) => isUnit.get(path)), servers: paths.filter((path) => !isUnit.get(path)) };
}

function isUnitTest(test) {
  const files = new Set([test]);
  for (const file of files) {
    const text = readFileSync(file, 'utf8');
    if ([STARTS_SERVER, STARTS_PARSER_OR_THREAD, ...USES_TOOL].some((pattern) => pattern.test(text))) return false;
    for (const imported of importsOf(file, text)) files.add(imported);
  }
  return true;
}

/** Full paths of the files of `test/` that a file imports. */
function importsOf(file, text) {
  const names = IMPORTS.flatMap((pattern) => [...text.matchAll(pattern)].map(([, name]) => name));
  const paths = names.map((name) => find(resolve(dirname(file), name)));
  return paths.filter((path) => path?.startsWith(join(TESTS, sep)));
}

/** The file that an import of this path means, if there is one. */
function find(path) {
  const paths = [path, `${path}.ts`, join(path, 'index.ts')];
  return paths.find((each) => existsSync(each) && statSync(each).isFile());
}

module.exports = { testTiers };
