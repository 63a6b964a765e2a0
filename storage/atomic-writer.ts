import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ResultStore, StoreCallOptions } from './result-store';

/** Directory of the files that are being written: the directory of the objects may hold millions. */
const PARTIALS = '.partial';
const PARTIAL_NAME = /\.[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;
/**
 * A file that nothing was written to for so long, in milliseconds, has no writer any more. An attempt to store a run
 * takes five minutes at most.
 */
const ABANDONED_AFTER_MS = 3_600_000;

/** Settings of {@link createAtomicWriter}. */
export interface AtomicWriterOptions {
  /** Absolute path of the directory of the objects. It is created if it does not exist. */
  readonly root: string;
  /** Permissions of the files. */
  readonly fileMode: number;
}

/** Writes one object: `ResultStore.write`, without its URI. */
export type AtomicWriter = (...args: Parameters<ResultStore['write']>) => Promise<void>;

/**
 * Builds the function that writes files at once and whole: into a file of its own first, which then gets the object's
 * name. Writers of the same object do not meet; the last one to finish wins. The first write, and one an hour from then
 * on, removes the files that killed writers have left.
 */
export function createAtomicWriter({ root, fileMode }: AtomicWriterOptions): AtomicWriter {
  const directoryMode = fileMode | ((fileMode & 0o444) >> 2);
  const partials = join(root, PARTIALS);
  let sweptAtMs: number | undefined;
  return async (name, content, { signal }: StoreCallOptions = {}) => {
    const path = join(root, name);
    for (const directory of [dirname(path), partials]) {
      await mkdir(directory, { recursive: true, mode: directoryMode });
    }
    const partial = join(partials, `${encodeURIComponent(name)}.${randomUUID()}`);
    const file = await open(partial, 'wx', fileMode);
    try {
      try {
        const { mtimeMs } = await file.stat();
        if (sweptAtMs === undefined || mtimeMs - sweptAtMs > ABANDONED_AFTER_MS) {
          sweptAtMs = mtimeMs;
          await removeAbandoned(partials, mtimeMs - ABANDONED_AFTER_MS);
        }
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
  };
}

/** Removes the partial files that were last written to before then, by the clock of the file system. */
async function removeAbandoned(directory: string, beforeMs: number): Promise<void> {
  for (const entry of await readdir(directory)) {
    if (!PARTIAL_NAME.test(entry)) continue;
    const path = join(directory, entry);
    // Another worker may remove the file at the same time.
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
    if (mtimeMs < beforeMs) await rm(path, { force: true });
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
