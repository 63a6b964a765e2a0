import { close, constants, fstat, open } from 'node:fs';
import { readlink, realpath, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { isInside } from './is-inside';

/** Linux names here the path of each open file, as the kernel knows it. */
export const OPEN_FILES = '/proc/self/fd';

/** Links are resolved before, and a FIFO must not hold the thread that opens it. Windows has neither flag. */
const FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

const openFile = promisify(open);
const closeFile = promisify(close);
const statFile = promisify(fstat);

/** A file that is open for reading, by its descriptor: unlike a `FileHandle`, it stays open until it is closed. */
export interface InsideFile {
  readonly fd: number;
  /** `true` where {@link OPEN_FILES} lists the descriptor. */
  readonly isListed: boolean;
  /** Closes the file. A second call does nothing. */
  close(): Promise<void>;
}

/**
 * Opens a file for reading, if it is a regular file in the directory; links in its path are followed. The check is made
 * on the opened file, because a directory on its path may be replaced by a link at any time.
 *
 * @param directory a real path.
 * @returns `undefined` for a file outside of the directory, and for anything that is no file.
 * @throws the system's error, as for a missing file.
 */
export async function openInside(path: string, directory: string): Promise<InsideFile | undefined> {
  const real = await realpath(path);
  // Opening alone may have an effect: that of a device.
  if (!isInside(real, directory)) return undefined;
  const fd = await openFile(real, FLAGS);
  let closing: Promise<void> | undefined;
  const closeOnce = () => (closing ??= closeFile(fd));
  try {
    const listed = await readlink(`${OPEN_FILES}/${fd}`).catch(() => undefined);
    const opened = listed ?? (await pathOf(fd, path));
    const isFile = (await statFile(fd)).isFile();
    if (opened !== undefined && isFile && isInside(opened, directory)) {
      return { fd, isListed: listed !== undefined, close: closeOnce };
    }
  } catch (error) {
    await closeOnce();
    throw error;
  }
  await closeOnce();
  return undefined;
}

/** The path of an open file on systems that do not name it: where `path` leads now, if that is the same file. */
async function pathOf(fd: number, path: string): Promise<string | undefined> {
  const real = await realpath(path);
  const [opened, found] = await Promise.all([statFile(fd), stat(real)]);
  return opened.dev === found.dev && opened.ino === found.ino ? real : undefined;
}
