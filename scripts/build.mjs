/**
 * Builds `dist/`: TypeScript one to one, then `http/ky.ts` once more as a bundle.
 *
 * ky is published as an ES module only. A consumer on CommonJS, or on plain jest, could not load it, so the one file
 * that names it is bundled with it.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const DIST = join(ROOT, 'dist');
/** Its time says when the build last succeeded: `npm start` compares it with the sources. */
const BUNDLE = join(DIST, 'http', 'ky.js');
const BUILD_INFO = join(DIST, 'build.tsbuildinfo');
const PROJECT = 'tsconfig.build.json';

/** Full paths of all files below a folder; none where there is no such folder. */
function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** An incremental compiler does not notice that its output is gone, so its memory goes with it. */
function forgetIncompleteBuild() {
  const { include } = JSON.parse(readFileSync(join(ROOT, PROJECT), 'utf8'));
  const sources = include.flatMap((folder) => filesBelow(join(ROOT, folder))).filter((file) => file.endsWith('.ts'));
  const outputs = sources.map((source) => join(DIST, relative(ROOT, source).replace(/\.ts$/, '.js')));
  if (!outputs.every((output) => existsSync(output))) rmSync(BUILD_INFO, { force: true });
}

function compile() {
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  const args = [tsc, '-p', PROJECT, '--incremental', '--tsBuildInfoFile', BUILD_INFO];
  return spawnSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit' }).status === 0;
}

/** Removes what an earlier build made from a source that no longer exists. */
function removeStale() {
  for (const file of filesBelow(DIST)) {
    const source = join(ROOT, relative(DIST, file).replace(/(\.d\.ts|\.js)$/, '.ts'));
    if (file !== BUILD_INFO && (source.endsWith('package.json') || !existsSync(source))) rmSync(file);
  }
}

async function bundleKy() {
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: ['http/ky.ts'],
    outfile: BUNDLE,
    bundle: true,
    write: false,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    logLevel: 'warning',
  });
  // Written only when it changed: a process that loads it meanwhile must not find half a file.
  const [{ text }] = outputFiles;
  if (!existsSync(BUNDLE) || readFileSync(BUNDLE, 'utf8') !== text) writeFileSync(BUNDLE, text);
}

forgetIncompleteBuild();
// Types that do not fit fail the build, but what was written is made complete: half a build misleads.
const fits = compile();
removeStale();
await bundleKy();
chmodSync(join(DIST, 'cli', 'main.js'), 0o755);
const builtAt = fits ? new Date() : new Date(0);
utimesSync(BUNDLE, builtAt, builtAt);
process.exitCode = fits ? 0 : 1;
