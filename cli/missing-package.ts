/** The members of this package's `package.json` that name optional packages. */
interface PeerManifest {
  readonly peerDependencies: Readonly<Record<string, string>>;
}

/** Peers that no command needs. */
const NOT_FOR_COMMANDS = ['@temporalio/testing'];

/**
 * Answers the error of a module that is not installed with the line that installs it. Temporal's packages belong together,
 * so all that are missing are in the line.
 *
 * @returns `undefined` for another error, and for a module that is no peer of this package
 */
export function describeMissingPackage(error: unknown): string | undefined {
  const { code, message = '' } = error as { readonly code?: unknown; readonly message?: string };
  if (code !== 'MODULE_NOT_FOUND' && code !== 'ERR_MODULE_NOT_FOUND') return undefined;
  const [, name = ''] = /Cannot find (?:module|package) '((?:@[^/']+\/)?[^./'][^/']*)/.exec(message) ?? [];
  if (name === '') return undefined;
  const { peerDependencies } = require('../../package.json') as PeerManifest;
  if (!Object.hasOwn(peerDependencies, name)) return undefined;
  const missing = name.startsWith('@temporalio/') ? Object.keys(peerDependencies).filter(isMissing) : [name];
  const packages = missing.map((each) => `${each}@${peerDependencies[each]}`);
  return `this command needs ${missing.join(', ')}: npm install ${packages.join(' ')}`;
}

function isMissing(name: string): boolean {
  if (!name.startsWith('@temporalio/') || NOT_FOR_COMMANDS.includes(name)) return false;
  try {
    require.resolve(name);
    return false;
  } catch {
    return true;
  }
}
