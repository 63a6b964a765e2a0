import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isInside } from './is-inside';
import { checkObjectName, StoreRefusedError, type ResultStore, type StoreCallOptions } from './result-store';

/** Settings of {@link createFileStore}. */
export interface FileStoreOptions {
  /** Where the objects are. It is made if it does not exist. All workers and readers must see the same. */
  readonly directory: string;
}

/** System errors that no repetition mends. A full disk is not among them: somebody may make room. */
const FINAL_CODES: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EISDIR', 'ENAMETOOLONG']);
/** What is not there now was never there, or is gone. A write makes what it needs, and is repeated. */
const FINAL_CODES_OF_READS: ReadonlySet<string> = new Set([...FINAL_CODES, 'ENOENT', 'ELOOP']);

/** Files that are being written are in here: the directory of the objects may hold millions. */
const PARTIALS = '.partial';
const UUID_LENGTH = 36;

/**
 * Keeps results as files under a directory: `file:///…`. A file appears under its name only when it is whole and on
 * disk; what a killed worker left half-written is removed by the next write of the same name.
 */
export function createFileStore({ directory }: FileStoreOptions): ResultStore {
  const root = resolve(directory);
  return {
    write: (name, content, options) =>
      refusing(FINAL_CODES, async () => {
        checkObjectName(name);
        const path = join(root, name);
        await writeAtomically({ path, root, name, content, ...options });
        return pathToFileURL(path).href;
      }),
    read: (uri) =>
      refusing(FINAL_CODES_OF_READS, async () => {
        const path = await realpath(toPath(uri));
        if (!isInside(path, await realpath(root)))
          throw new StoreRefusedError(`'${uri}' is outside of the result directory`);
        if (!(await stat(path)).isFile()) throw new StoreRefusedError(`'${uri}' is not a file`);
        const file = await open(path);
        return createReadStream(path, { fd: file });
      }),
  };
}

interface WriteRequest extends StoreCallOptions {
  readonly path: string;
  readonly root: string;
  readonly name: string;
  readonly content: AsyncIterable<Uint8Array>;
}

async function writeAtomically({ path, root, name, content, signal }: WriteRequest): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await mkdir(join(root, PARTIALS), { recursive: true });
  const start = join(root, PARTIALS, `${encodeURIComponent(name)}.`);
  const partial = `${start}${randomUUID()}`;
  const file = await open(partial, 'wx');
  try {
    try {
      await removeAbandoned(start, (await file.stat()).mtimeMs);
      for await (const part of content) {
        signal?.throwIfAborted();
        await file.writeFile(part);
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(partial, path);
    await syncDirectory(dirname(path));
  } finally {
    await rm(partial, { force: true });
  }
}

/**
 * Removes what earlier writes of the same object left behind. One that was written to since this one began is not over:
 * two workflows may store the same run.
 */
async function removeAbandoned(start: string, beganAtMs: number): Promise<void> {
  const directory = dirname(start);
  for (const entry of await readdir(directory)) {
    const path = join(directory, entry);
    if (!path.startsWith(start) || path.length !== start.length + UUID_LENGTH) continue;
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
    if (mtimeMs < beganAtMs) await rm(path, { force: true });
  }
}

/** Makes a rename last through a power cut. Windows has no such call, and needs none. */
async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const directory = await open(path);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function toPath(uri: string): string {
  if (!uri.startsWith('file:')) throw new StoreRefusedError(`uri must begin with 'file:', got '${uri}'`);
  try {
    return fileURLToPath(uri);
  } catch (error) {
    throw new StoreRefusedError(`uri is not a file: URL of this machine: ${(error as Error).message}`);
  }
}

async function refusing<T>(finalCodes: ReadonlySet<string>, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (code === undefined || syscall === undefined || !finalCodes.has(code)) throw error;
    throw new StoreRefusedError(`the file store cannot ${syscall}: ${code}`, { cause: error });
  }
}
