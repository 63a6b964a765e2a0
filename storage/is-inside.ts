import { isAbsolute, relative, sep } from 'node:path';

/** Whether a path is in a directory. Both must be real paths: links and `..` followed. */
export function isInside(path: string, directory: string): boolean {
  const way = relative(directory, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
