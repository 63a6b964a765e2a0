import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ignoreMissing } from './ignore-missing';
import type { ResultStore, StoreCallOptions } from './result-store';
import { hasEnded, writerId } from './writer-id';

/** Directory of the files that are being written: the directory of the objects may hold millions. */
const PARTIALS = '.partial';
/** The key of the object, the writer, and what tells apart the files of one writer. Version 0.1.0 named no writer. */
const PARTIAL_NAME = /^(.+?)(?:\.([\da-f]{8}-\d+))?\.[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;
/** Longest name of an object that is its own key, in characters. */
const MAX_KEY_LENGTH = 128;
/**
 * A file that nothing was written to for so long, in milliseconds, has no writer any more. An attempt to store a run
 * takes five minutes at most.
 */
const ABANDONED_AFTER_MS = 3_600_000;
/** Time between two looks at the files of all objects, in milliseconds. */
const SWEEP_INTERVAL_MS = 3_600_000;

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
 * name. Writers of the same object do not meet; the last one to finish wins. A write removes the files that killed
 * writers have left of the same object; the first one, and one an hour from then on, those of all objects.
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
    // A name that the file system does not take is refused before the content is read.
    await stat(path).catch(ignoreMissing);
    const key = toKey(name);
    const partial = join(partials, `${key}.${writerId(process.pid)}.${randomUUID()}`);
    const file = await open(partial, 'wx', fileMode);
    try {
      try {
        const { mtimeMs } = await file.stat();
        const isSweep = sweptAtMs === undefined || mtimeMs - sweptAtMs > SWEEP_INTERVAL_MS;
        if (isSweep) sweptAtMs = mtimeMs;
        await removeAbandoned(partials, { nowMs: mtimeMs, ...(!isSweep && { key }) });
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

/** Makes the part of a partial file's name that says which object it is of. File systems take names of at most 255 bytes. */
function toKey(name: string): string {
  const encoded = encodeURIComponent(name);
  return encoded.length <= MAX_KEY_LENGTH ? encoded : createHash('sha256').update(name).digest('hex');
}

/** Removes the partial files whose writers have surely ended: of one object, or of all. */
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
    if (isOld || (writer !== undefined && hasEnded(writer))) await rm(path, { force: true });
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
