import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Writes a shell for npm's `script-shell` that stays the parent of the command, and dies of a signal without a word to it.
 * Some shells replace themselves by the last command, and would not show whether it notices the death of its shell.
 *
 * @returns its path
 */
export function writeShell(directory: string): string {
  const path = join(directory, 'shell.sh');
  writeFileSync(path, '#!/bin/sh\nexec /bin/sh "$1" "$2\nexit \\$?"\n');
  chmodSync(path, 0o755);
  return path;
}
