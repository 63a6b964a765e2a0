/** What could go wrong here: the bundle takes in another library, or another version, and nobody adds its licence. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { buildSync } from 'esbuild';

const ROOT = join(__dirname, '..', '..');

/** Names of the packages whose code ends in the bundle. */
function bundledPackages(): string[] {
  const { metafile } = buildSync({
    absWorkingDir: ROOT,
    entryPoints: ['http/ky.ts'],
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
  });
  const names = Object.keys(metafile.inputs).map((file) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1]);
  return [...new Set(names.filter((name) => name !== undefined))];
}

it('each bundled library stands in THIRD-PARTY-NOTICES with its version and the text of its licence', () => {
  const notices = readFileSync(join(ROOT, 'THIRD-PARTY-NOTICES'), 'utf8');
  const packages = bundledPackages();
  expect(packages).toEqual(['ky']);
  for (const name of packages) {
    const folder = join(ROOT, 'node_modules', name);
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    expect(notices).toContain(`${name} ${version} `);
    const licence = readdirSync(folder).find((file) => /^licen[cs]e/i.test(file));
    expect(notices).toContain(readFileSync(join(folder, licence ?? 'license'), 'utf8').trim());
  }
});

it('the built bundle holds the library and asks for it no more', () => {
  const bundle = readFileSync(join(ROOT, 'dist', 'http', 'ky.js'), 'utf8');
  expect(bundle).toContain('node_modules/ky/');
  expect(bundle).not.toMatch(/require\(["']ky["']\)/);
});
