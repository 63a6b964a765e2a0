import { createHash, randomUUID } from 'node:crypto';
import { fsync } from 'node:fs';
import { mkdir, open, readdir, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { defined } from '../json';
import { ignoreMissing } from './ignore-missing';
import { isInside } from './is-inside';
import { OPEN_FILES, openInside } from './open-inside';
import { StoreRefusedError, type ResultStore, type StoreCallOptions } from './result-store';
import { writerHasEnded, writerId } from './writer-id';

/**
 * Directory of the files that are being written. It is separate, because the directory of the objects may hold millions
 * of files.
 */
const PARTIALS = '.partial';
/**
 * Name of a partial file: the key of the object, the writer, and a random id of the file. Version 0.1.0 named no
 * writer.
 */
const PARTIAL_NAME = /^(.+?)(?:\.([\da-f]{8}-\d+))?\.[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;
/** Longest encoded name that serves as the key itself, in characters. The key of a longer name is a hash. */
const MAX_KEY_LENGTH = 128;
/**
 * Age in milliseconds at which a partial file counts as abandoned. The age is the time since the last write. An attempt
 * to store a run takes one hour at most, and five minutes by default.
 */
const ABANDONED_AFTER_MS = 3_600_000;
/** Time between two sweeps over the partial files of all objects, in milliseconds. */
const SWEEP_INTERVAL_MS = 3_600_000;

/** Settings of {@link createAtomicWriter}. */
export interface AtomicWriterOptions {
  /** Absolute path of the directory of the objects. The writer creates it if it does not exist. */
  readonly root: string;
  /** Permissions of the files. */
  readonly fileMode: number;
}

/** Function that writes one object. It is `ResultStore.write` without the returned URI. */
export type AtomicWriter = (...args: Parameters<ResultStore['write']>) => Promise<void>;

/**
 * Builds the function that writes files atomically. It writes the content to a partial file first, and then renames
 * that file to the object's name. Several writers of the same object do not disturb each other; the last one to finish
 * wins.
 *
 * A write removes the partial files of the same object that killed writers have left. The first write, and then one
 * write per hour, removes those of all objects.
 */
export function createAtomicWriter({ root, fileMode }: AtomicWriterOptions): AtomicWriter {
  const directoryMode = fileMode | ((fileMode & 0o444) >> 2);
  let sweptAtMs: number | undefined;
  return async (name, content, { signal }: StoreCallOptions = {}) => {
    await mkdir(root, { recursive: true, mode: directoryMode });
    const realRoot = await realpath(root);
    const directory = await makeDirectory({ realRoot, name: dirname(name), mode: directoryMode });
    const partials = await makeDirectory({ realRoot, name: PARTIALS, mode: directoryMode });
    const path = join(directory, basename(name));
    // This call fails for a name that the file system refuses, before the content is read.
    await stat(path).catch(ignoreMissing);
    const key = toKey(name);
    const partial = join(partials, `${key}.${writerId(process.pid)}.${randomUUID()}`);
    const file = await open(partial, 'wx', fileMode);
    try {
      try {
        const { mtimeMs } = await file.stat();
        const isSweep = sweptAtMs === undefined || mtimeMs - sweptAtMs > SWEEP_INTERVAL_MS;
        if (isSweep) sweptAtMs = mtimeMs;
        await removeAbandoned(partials, defined({ nowMs: mtimeMs, key: isSweep ? undefined : key }));
        for await (const part of content) {
          signal?.throwIfAborted();
          await file.writeFile(part);
        }
        await file.sync();
      } finally {
        await file.close();
      }
      await renameInside({ partial, path, realRoot });
    } finally {
      await rm(partial, { force: true });
    }
  };
}

/**
 * Makes the part of a partial file's name that identifies the object. File systems allow names of at most 255 bytes.
 */
function toKey(name: string): string {
  const encoded = encodeURIComponent(name);
  return encoded.length <= MAX_KEY_LENGTH ? encoded : createHash('sha256').update(name).digest('hex');
}

/**
 * Removes the partial files whose writers have certainly ended. With `key` it removes those of one object, else those
 * of all.
 */
async function removeAbandoned(
  directory: string,
  { nowMs, key }: { readonly nowMs: number; readonly key?: string },
): Promise<void> {
  for (const entry of await readdir(directory)) {
    const [, object, writer] = PARTIAL_NAME.exec(entry) ?? [];
    if (object === undefined || (key !== undefined && object !== key)) continue;
    const path = join(directory, entry);
    // Another worker may remove the file at the same time.
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: nowMs }));
    const isOld = mtimeMs < nowMs - ABANDONED_AFTER_MS;
    if (isOld || (writer !== undefined && writerHasEnded(writer))) await rm(path, { force: true });
  }
}

/** A directory below the root. */
interface BelowRoot {
  /** Real path of the root, without links and `..`. */
  readonly realRoot: string;
  /** Name of the directory, with slashes; `.` is the root itself. */
  readonly name: string;
  /** Permissions of the directories that are created. */
  readonly mode: number;
}

/**
 * Creates a directory below the root, and returns its real path. It creates one directory at a time, because a link must
 * not lead to a directory outside of the root.
 *
 * @throws StoreRefusedError if a link leads out of the root.
 */
async function makeDirectory({ realRoot, name, mode }: BelowRoot): Promise<string> {
  let directory = realRoot;
  for (const segment of name.split('/')) {
    const path = join(directory, segment);
    await mkdir(path, { mode }).catch(ignoreExisting);
    directory = await realpath(path);
    if (!isInside(directory, realRoot)) throw new StoreRefusedError(`'${name}' is not in the result directory`);
  }
  return directory;
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}

/**
 * Gives a partial file its final path, and makes the rename survive a power failure. On Linux it renames through the
 * opened directory, because a directory on the path may be replaced by a link at any time. Windows opens no directories
 * and needs no synchronization.
 *
 * @throws StoreRefusedError if a link leads out of the root.
 */
async function renameInside({ partial, path, realRoot }: { partial: string; path: string; realRoot: string }) {
  if (process.platform === 'win32') return rename(partial, path);
  const directory = await openInside(dirname(path), realRoot, 'directory');
  if (directory === undefined) throw new StoreRefusedError(`'${dirname(path)}' is not in the result directory`);
  try {
    const { fd, isListed } = directory;
    await rename(partial, isListed ? join(OPEN_FILES, String(fd), basename(path)) : path);
    await promisify(fsync)(fd);
  } finally {
    await directory.close();
  }
}
