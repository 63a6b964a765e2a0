import { openAsBlob, readFile } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { OPEN_FILES, openInside, type InsideFile } from './open-inside';
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
 * Builds the resolver of all sources, by their scheme: your resolvers, and `file:` URLs under the directory. Links and
 * `..` are followed and cannot leave the directory. On Linux a file is read while it is uploaded; elsewhere it is read
 * into memory first.
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

/** One sentence for every reason: it must not tell which files exist outside of the directory. */
const refusal = (path: string) => new SourceError(`'${path}' is not a readable file in the directory of sources`);

async function openFile(source: string, directory: string): Promise<OpenedSource> {
  let path: string;
  try {
    path = fileURLToPath(source);
  } catch (error) {
    throw new SourceError(`source is not a file: URL of this machine: ${(error as Error).message}`);
  }
  const root = await realpath(directory).catch((error: NodeJS.ErrnoException) => {
    if (isPassing(error)) throw error;
    throw new SourceError(`the directory of sources (EXTEND_PARSE_SOURCE_DIR) cannot be opened: ${error.code}`);
  });
  const file = await openInside(path, root).catch((error: unknown) => {
    if (isPassing(error)) throw error;
    throw refusal(path);
  });
  if (file === undefined) throw refusal(path);
  try {
    return { content: await toBlob(file), fileName: basename(path), close: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** The path of the opened file leads to that file, whatever its directory has become. */
async function toBlob({ fd, isListed }: InsideFile): Promise<Blob> {
  return isListed ? openAsBlob(`${OPEN_FILES}/${fd}`) : new Blob([await promisify(readFile)(fd)]);
}

function isPassing(error: unknown): boolean {
  return PASSING_CODES.has((error as NodeJS.ErrnoException).code ?? '');
}
