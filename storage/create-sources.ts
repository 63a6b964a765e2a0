import { openAsBlob } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isInside } from './is-inside';
import { SourceError, type OpenedSource, type SourceResolver } from './source';

/** Settings of {@link createSources}. */
export interface SourcesOptions {
  /** The only directory that `file:` sources may name. @default none: `file:` sources are refused */
  readonly sourceDirectory?: string;
  /** Resolvers of your own by scheme, without the colon: `{ s3: … }`. One for `file` replaces the built-in. @default {} */
  readonly sources?: Readonly<Record<string, SourceResolver>>;
}

/** System errors that pass: too much at once, or a network disk that is away. */
const PASSING_CODES: ReadonlySet<string> = new Set([
  'EAGAIN',
  'EBUSY',
  'EIO',
  'EMFILE',
  'ENFILE',
  'ENOMEM',
  'ESTALE',
  'ETIMEDOUT',
]);

/**
 * Builds what opens sources, by their scheme: your resolvers, and `file:` URLs under the directory. Links and `..` are
 * followed first and cannot leave it.
 *
 * @throws TypeError if a scheme is none.
 */
export function createSources({ sourceDirectory, sources = {} }: SourcesOptions): SourceResolver {
  for (const scheme of Object.keys(sources)) {
    if (!/^[a-z][a-z0-9+.-]*$/.test(scheme))
      throw new TypeError(`sources must be named by schemes in lower case, got '${scheme}'`);
  }
  return async (source, options) => {
    const scheme = source.slice(0, source.indexOf(':')).toLowerCase();
    const own = Object.hasOwn(sources, scheme) ? sources[scheme] : undefined;
    if (own) return own(source, options);
    if (scheme !== 'file') throw new SourceError(`the worker has no resolver for the scheme '${scheme}:' of source`);
    if (sourceDirectory === undefined) {
      throw new SourceError(
        'the worker has no directory of sources (EXTEND_PARSE_SOURCE_DIR): file: sources are refused',
      );
    }
    return openFile(source, sourceDirectory);
  };
}

async function openFile(source: string, directory: string): Promise<OpenedSource> {
  let path: string;
  try {
    path = fileURLToPath(source);
  } catch (error) {
    throw new SourceError(`source is not a file: URL of this machine: ${(error as Error).message}`);
  }
  try {
    const real = await realpath(path);
    if (!isInside(real, await realpath(directory)))
      throw new SourceError(`'${path}' is outside of the directory of sources`);
    if (!(await stat(real)).isFile()) throw new SourceError(`'${path}' is not a file`);
    return { content: await openAsBlob(real), fileName: basename(path) };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (error instanceof SourceError || PASSING_CODES.has(code ?? '')) throw error;
    throw new SourceError(`'${path}' cannot be opened: ${code ?? String(error)}`);
  }
}
