/** Peers of this package that tests need, and that other users do without. */
const NEEDED = ['@temporalio/activity', '@temporalio/testing', '@temporalio/worker'] as const;

/** The members of this package's `package.json` that name optional packages. */
interface PeerManifest {
  readonly peerDependencies: Readonly<Record<string, string>>;
}

/**
 * Checks that the packages are installed that `temporal-extend-parse/testing` needs.
 *
 * @throws Error with the line that installs the missing ones
 */
export function requirePackages(): void {
  const missing = NEEDED.filter((name) => !isInstalled(name));
  if (missing.length === 0) return;
  const { peerDependencies } = require('../../package.json') as PeerManifest;
  const packages = missing.map((name) => `${name}@${peerDependencies[name]}`).join(' ');
  throw new Error(`temporal-extend-parse/testing needs ${missing.join(', ')}: npm install --save-dev ${packages}`);
}

function isInstalled(name: string): boolean {
  try {
    require.resolve(name);
    return true;
  } catch {
    return false;
  }
}

requirePackages();
