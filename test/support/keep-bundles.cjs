/**
 * Keeps workflow bundles for the programs of one test run: `node --require` loads this file before the program.
 *
 * Bundling takes two seconds of a core, and many programs bundle the same workflows. The first one does it with Temporal's
 * bundler, the others take its bundle from TEST_BUNDLE_DIRECTORY. Other options make another bundle. A test can call
 * `keepBundles` for the workers of its own process. The command of this package does not bundle at all.
 */
const { createHash } = require('node:crypto');
const { mkdirSync, readFileSync, renameSync, writeFileSync } = require('node:fs');
const Module = require('node:module');
const { join } = require('node:path');

const directory = process.env.TEST_BUNDLE_DIRECTORY;
const load = Module._load;

Module._load = function (request, ...others) {
  const loaded = load.call(this, request, ...others);
  if (request === './workflow/bundler') keepBundles(loaded.WorkflowCodeBundler?.prototype);
  return loaded;
};

/** Makes a bundler keep its bundles. `bundler` is the prototype of Temporal's `WorkflowCodeBundler`. */
function keepBundles(bundler) {
  if (!directory || bundler === undefined || bundler.createBundle.isKeeping) return;
  const { createBundle } = bundler;
  bundler.createBundle = async function () {
    // A hook may change the bundle in any way.
    if (String(this.webpackConfigHook) !== '(config) => config') return createBundle.call(this);
    const path = join(directory, `${keyOf(this)}.json`);
    try {
      return JSON.parse(readFileSync(path, 'utf8'));
    } catch {
      const bundle = await createBundle.call(this);
      mkdirSync(directory, { recursive: true });
      writeFileSync(`${path}.${process.pid}`, JSON.stringify(bundle));
      renameSync(`${path}.${process.pid}`, path);
      return bundle;
    }
  };
  bundler.createBundle.isKeeping = true;
}

/** Hash of all options that decide what the bundle contains. */
function keyOf({ workflowsPath, workflowInterceptorModules, payloadConverterPath, failureConverterPath, ...others }) {
  const { ignoreModules, preloadModules } = others;
  const paths = [workflowsPath, payloadConverterPath ?? '', failureConverterPath ?? ''];
  const options = JSON.stringify([paths, workflowInterceptorModules, ignoreModules, preloadModules]);
  return createHash('sha256').update(options).digest('hex');
}

module.exports = { keepBundles };
