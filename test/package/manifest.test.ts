/** `package.json` declares each module that the build uses, and no other; the lock file is complete. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { MANIFEST, ROOT } from './packed-project';

const MODULE_NAME =
  /(?:\bfrom |\bimport |\brequire\(|\bimport\(|\brequire\.resolve\(|__filename\)\()\s*["'`]((?:@[\w.-]+\/)?[a-z][\w.-]*)(?:\/[^"'`]*)?["'`]/g;

/** The npm modules that the build names, in code or in types, with any way of loading. */
function namedModules(): string[] {
  const names = new Set<string>();
  for (const entry of readdirSync(join(ROOT, 'dist'), { recursive: true, encoding: 'utf8' })) {
    // The bundles, and the types of the libraries in them, which no user reaches.
    const bundles = [join('http', 'ky.'), join('webhook', 'request-listener.'), join('worker', 'workflows-')];
    const isBundled = bundles.some((path) => entry.startsWith(path));
    if (isBundled || !/\.(?:js|d\.ts)$/.test(entry)) continue;
    const code = readFileSync(join(ROOT, 'dist', entry), 'utf8').replace(/^\s*(?:\*|\/\/|\/\*).*$/gm, '');
    for (const [, name] of code.matchAll(MODULE_NAME)) names.add(name!);
  }
  return [...names].filter((name) => name !== 'node').sort();
}

it('the build names exactly the dependencies and peers that are declared', () => {
  const declared = [...Object.keys(MANIFEST.dependencies), ...Object.keys(MANIFEST.peerDependencies)];
  expect(namedModules()).toEqual(declared.sort());
});

it('each peer is a development dependency in one exact version, the lowest accepted one', () => {
  for (const [name, range] of Object.entries(MANIFEST.peerDependencies)) {
    expect(`${name} ^${MANIFEST.devDependencies[name]}`).toBe(`${name} ${range}`);
  }
});

it('the lock file names no registry', () => {
  expect(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).not.toMatch(/"resolved": "http/);
});

/** The entry of the lock file for one installed package. */
interface Locked {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

it('the lock file has an entry for each module that a package names, binaries for other platforms included', () => {
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  const packages = lock.packages as Readonly<Record<string, Locked>>;
  const missing = Object.entries(packages).flatMap(([path, { dependencies, optionalDependencies }]) =>
    Object.keys({ ...dependencies, ...optionalDependencies })
      .filter((name) => !candidatePaths(name, path).some((candidate) => candidate in packages))
      .map((name) => `${path} needs ${name}`),
  );
  // `npm ci` refuses a lock file without such an entry, on every platform.
  expect(missing).toEqual([]);
});

/** The directories in which Node looks for a module that the package at `path` names, the nearest first. */
function candidatePaths(name: string, path: string): string[] {
  const own = `${path === '' ? '' : `${path}/`}node_modules/${name}`;
  return path === ''
    ? [own]
    : [own, ...candidatePaths(name, path.slice(0, Math.max(0, path.lastIndexOf('/node_modules/'))))];
}
