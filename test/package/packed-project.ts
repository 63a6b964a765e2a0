import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** The directory of the checkout. */
export const ROOT = join(__dirname, '..', '..');

/** The members of `package.json` that the tests use. */
export interface Manifest {
  readonly name: string;
  readonly bin: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional?: boolean }>>;
}

/** `package.json` of the checkout. */
export const MANIFEST = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest;

/** The subpaths that users import code from, `./client` and so on. */
export const SUBPATHS = Object.keys(MANIFEST.exports).filter((subpath) => subpath !== './package.json');

/** The modules of a service that has installed no optional peer. */
export const REQUIRED_MODULES = [
  ...Object.keys(MANIFEST.dependencies),
  ...Object.keys(MANIFEST.peerDependencies).filter((name) => MANIFEST.peerDependenciesMeta[name]?.optional !== true),
];

/** A tarball as `npm publish` would upload it, made from the existing build. */
export interface Packed {
  /** Paths inside the package. */
  readonly files: readonly string[];
  /** Creates a project in which only the package and `modules` are installed, and returns its directory. */
  createProject(modules: readonly string[]): string;
  /** Deletes the tarball and all projects. */
  close(): void;
}

/** Packs the checkout with its existing build. */
export function pack(): Packed {
  const directory = mkdtempSync(join(tmpdir(), 'packed-'));
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', directory];
  const answer = execFileSync('npm', args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  const [packed] = JSON.parse(answer) as [{ filename: string; files: { path: string }[] }];
  let projects = 0;
  return {
    files: packed.files.map(({ path }) => path),
    createProject: (modules) => {
      projects += 1;
      return createProject(join(directory, `project-${projects}`), join(directory, packed.filename), modules);
    },
    close: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/**
 * Creates a project with a tarball of this package installed. The `modules` are links into the checkout, which costs no
 * download.
 */
export function createProject(project: string, tarball: string, modules: readonly string[]): string {
  const installed = join(project, 'node_modules', MANIFEST.name);
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1']);
  for (const name of modules) {
    const link = join(project, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules', name), link);
  }
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'consumer', private: true }));
  return project;
}

/** Runs a program in the project under plain node, and returns its output. Fails with its error output. */
export function runNode(project: string, args: readonly string[]): string {
  return execFileSync(process.execPath, args, { cwd: project, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
