import { createReadStream } from 'node:fs';
import { realpath, unlink } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createAtomicWriter } from './atomic-writer';
import { ignoreMissing } from './ignore-missing';
import { isInside } from './is-inside';
import { openInside } from './open-inside';
import { checkObjectName, StoreRefusedError, type ResultStore } from './result-store';

/** Settings of {@link createFileStore}. */
export interface FileStoreOptions {
  /**
   * Directory of the objects. The store creates it if it does not exist. All workers and readers must see the same
   * directory.
   */
  readonly directory: string;
  /**
   * Permissions of the files. A new directory also gets `x` for each `r`. The umask of the process still applies.
   * `0o640` allows users of the same group to read. @default 0o600: for the worker's own user only
   */
  readonly fileMode?: number;
}

/** System errors that no repetition fixes. A full disk is not among them, because space may be freed. */
const FINAL_CODES: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EISDIR', 'ENAMETOOLONG']);
/**
 * For reads, a missing file is final: results are never created later. For writes, the directory is created on retry.
 */
const FINAL_CODES_OF_READS: ReadonlySet<string> = new Set([...FINAL_CODES, 'ENOENT', 'ELOOP']);
const DEFAULT_FILE_MODE = 0o600;

/**
 * Builds a result store that keeps results as files under a directory, with URIs `file:///…`. A file appears under its
 * name only when it is complete and on disk.
 *
 * A killed worker may leave a half-written file under `.partial`. The next write of the same name removes it, if the
 * worker ran on the same machine. Any write removes it when nothing was written to it for an hour.
 *
 * @throws RangeError if `fileMode` does not let the owner read and write.
 */
export function createFileStore({ directory, fileMode = DEFAULT_FILE_MODE }: FileStoreOptions): ResultStore {
  if (!Number.isInteger(fileMode) || fileMode > 0o777 || (fileMode & 0o600) !== 0o600) {
    throw new RangeError(`fileMode must be from 0o600 to 0o777 and let the owner read and write, got ${fileMode}`);
  }
  const root = resolve(directory);
  const write = createAtomicWriter({ root, fileMode });
  return {
    write: (name, content, options) =>
      withFinalErrors(FINAL_CODES, async () => {
        checkObjectName(name);
        await write(name, content, options);
        return pathToFileURL(join(root, name)).href;
      }),
    read: (uri) =>
      withFinalErrors(FINAL_CODES_OF_READS, async () => {
        const file = await openInside(toPath(uri), await realpath(root));
        if (file === undefined) throw new StoreRefusedError(`'${uri}' is not a file in the result directory`);
        return createReadStream('', { fd: file.fd });
      }),
    delete: (uri) =>
      withFinalErrors(FINAL_CODES, async () => {
        const path = toPath(uri);
        const parent = await realpath(dirname(path)).catch(ignoreMissing);
        if (parent === undefined) return;
        if (!isInside(parent, await realpath(root)))
          throw new StoreRefusedError(`'${uri}' is not in the result directory`);
        await unlink(join(parent, basename(path))).catch(ignoreMissing);
      }),
  };
}

function toPath(uri: unknown): string {
  if (typeof uri !== 'string' || !uri.startsWith('file:'))
    throw new StoreRefusedError(`uri must begin with 'file:', got '${String(uri)}'`);
  let path: string;
  try {
    path = fileURLToPath(uri);
  } catch (error) {
    throw new StoreRefusedError(`uri is not a file: URL of this machine: ${(error as Error).message}`);
  }
  if (path.includes('\0')) throw new StoreRefusedError('uri must not name a file with a zero byte (%00)');
  return path;
}

/** Runs an action, and turns a system error with one of these codes into a {@link StoreRefusedError}. */
async function withFinalErrors<T>(finalCodes: ReadonlySet<string>, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (code === undefined || syscall === undefined || !finalCodes.has(code)) throw error;
    const isMissing = code === 'ENOENT' || code === 'ENOTDIR';
    throw new StoreRefusedError(`the file store cannot ${syscall}: ${code}`, { cause: error, isMissing });
  }
}
