import { dirname, relative } from 'node:path';

/** The deepest directory that holds all the files, or `undefined` for no files and for files on different drives. */
export function commonDirectory(paths: readonly string[]): string | undefined {
  const [first, ...others] = paths.map((path) => dirname(path));
  let candidate = first;
  while (candidate !== undefined) {
    const directory = candidate;
    if (others.every((other) => holds({ directory, path: other }))) return directory;
    candidate = dirname(directory) === directory ? undefined : dirname(directory);
  }
  return undefined;
}

function holds({ directory, path }: { directory: string; path: string }): boolean {
  const way = relative(directory, path);
  return way !== '..' && !/^\.\.[/\\]/.test(way) && !/^[a-z]:/i.test(way);
}
