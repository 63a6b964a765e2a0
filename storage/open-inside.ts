import { close, constants, fstat, open } from 'node:fs';
import { readlink, realpath, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { isInside } from './is-inside';

/** Directory in which Linux lists the open files of the process, each as a link to its current path. */
export const OPEN_FILES = '/proc/self/fd';

/**
 * Flags for opening. The path has no link any more, so a link is refused. Opening a FIFO must not block the thread.
 * Windows has neither flag.
 */
const FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

const openFile = promisify(open);
const closeFile = promisify(close);
const statFile = promisify(fstat);

/**
 * A file or directory that is open for reading. It is a descriptor, because a descriptor stays open until it is closed, unlike a
 * `FileHandle`.
 */
export interface InsideFile {
  readonly fd: number;
  /** `true` where {@link OPEN_FILES} lists the descriptor. */
  readonly isListed: boolean;
  /** Closes the file. A second call does nothing. */
  close(): Promise<void>;
}

/**
 * Opens a regular file, or a directory, in the directory for reading. It follows links in the path. It checks the location of the opened
 * file, because a directory on the path may be replaced by a link at any time.
 *
 * @param directory a real path, without links and `..`.
 * @returns `undefined` for a path outside of the directory, and for anything that is not of the kind.
 * @throws the system's error, for example for a missing file.
 */
export async function openInside(
  path: string,
  directory: string,
  kind: 'file' | 'directory' = 'file',
): Promise<InsideFile | undefined> {
  const real = await realpath(path);
  // A path outside is not opened at all, because the opening of a device may have an effect.
  if (!isInside(real, directory)) return undefined;
  const fd = await openFile(real, FLAGS);
  let closing: Promise<void> | undefined;
  const closeOnce = () => (closing ??= closeFile(fd));
  try {
    const listed = await readlink(`${OPEN_FILES}/${fd}`).catch(() => undefined);
    const opened = listed ?? (await pathOf(fd, path));
    const stats = await statFile(fd);
    const isOfKind = kind === 'file' ? stats.isFile() : stats.isDirectory();
    if (opened !== undefined && isOfKind && isInside(opened, directory)) {
      return { fd, isListed: listed !== undefined, close: closeOnce };
    }
  } catch (error) {
    await closeOnce();
    throw error;
  }
  await closeOnce();
  return undefined;
}

/**
 * Gives the real path of an open file on systems other than Linux: the path to which `path` leads now, if that is the
 * same file.
 */
async function pathOf(fd: number, path: string): Promise<string | undefined> {
  const real = await realpath(path);
  const [opened, found] = await Promise.all([statFile(fd), stat(real)]);
  return opened.dev === found.dev && opened.ino === found.ino ? real : undefined;
}
