import { isAbsolute, relative, sep } from 'node:path';

/** Tells if a path is in a directory. Both must be real paths, without links and `..`. */
export function isInside(path: string, directory: string): boolean {
  const way = relative(directory, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
