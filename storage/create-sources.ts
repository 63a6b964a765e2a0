import { openAsBlob, readFile } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { OPEN_FILES, openInside, type InsideFile } from './open-inside';
import { SourceError, type OpenedSource, type SourceResolver } from './source';

/** Settings of {@link createSources}. */
export interface SourcesOptions {
  /** Only directory that `file:` sources may name. @default none: `file:` sources are refused */
  readonly sourceDirectory?: string;
  /**
   * Your own resolvers by scheme, without the colon: `{ s3: … }`. A resolver for `file` replaces the built-in one.
   * @default {}
   */
  readonly sources?: Readonly<Record<string, SourceResolver>>;
}

/** System errors that may pass: too many operations at the same time, or a network disk that is not available. */
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
 * Builds the resolver of all sources. It chooses by scheme: your own resolvers, and `file:` URLs under the directory.
 * It follows links and `..`, which cannot lead out of the directory. On Linux it reads a file while the file is
 * uploaded. On other systems it reads the file into memory first.
 *
 * @throws TypeError if a name in `sources` is not a scheme in lower case.
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

/**
 * Makes the error for a refused path. The text is the same for every reason, so that it does not reveal which files
 * exist outside of the directory.
 */
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

/**
 * Gives the content of an opened file. On Linux it reads through the descriptor, so a directory that was replaced
 * meanwhile does not matter.
 */
async function toBlob({ fd, isListed }: InsideFile): Promise<Blob> {
  return isListed ? openAsBlob(`${OPEN_FILES}/${fd}`) : new Blob([await promisify(readFile)(fd)]);
}

function isPassing(error: unknown): boolean {
  return PASSING_CODES.has((error as NodeJS.ErrnoException).code ?? '');
}
