/**
 * `node scripts/run-ts.mjs ENTRY.ts ARGUMENTS…`: runs a TypeScript program that is no part of the package.
 *
 * The program is bundled into `.cache/`; npm modules and the package's own folders stay outside: the latter come from
 * `dist/`, which is built first if it is older than the sources. So what runs is what users get. It runs in this very
 * process: arguments, signals and exit status are its own.
 */
import { readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative, resolve, sep } from 'node:path';
import { ensureBuilt, ROOT } from './ensure-built.mjs';

const [entry, ...programArguments] = process.argv.slice(2);
if (entry === undefined) {
  process.stderr.write('usage: node scripts/run-ts.mjs ENTRY.ts [ARGUMENT…]\n');
  process.exit(2);
}
await ensureBuilt();

/** Maps an import of one of the package's folders to its build. */
const fromDist = {
  name: 'from dist',
  setup(build) {
    const { include } = JSON.parse(readFileSync(join(ROOT, 'tsconfig.build.json'), 'utf8'));
    build.onResolve({ filter: /^\.\.?\// }, ({ path, resolveDir }) => {
      const module = relative(ROOT, resolve(resolveDir, path));
      return include.includes(module.split(sep)[0]) ? { path: join(ROOT, 'dist', module), external: true } : undefined;
    });
  },
};

const outfile = join(ROOT, '.cache', 'run-ts', `${process.pid}.cjs`);
const { build } = await import('esbuild');
await build({
  entryPoints: [entry],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  packages: 'external',
  sourcemap: 'inline',
  logLevel: 'warning',
  plugins: [fromDist],
});
process.setSourceMapsEnabled(true);
process.argv.splice(1, process.argv.length - 1, resolve(entry), ...programArguments);
try {
  createRequire(import.meta.url)(outfile);
} finally {
  rmSync(outfile);
}
