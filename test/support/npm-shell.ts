import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Writes a shell for npm's `script-shell` that dies of a signal without a word to the command in it. Some shells replace
 * themselves by the command, and would not show whether the command notices the death of its shell.
 *
 * @returns its path
 */
export function writeShell(directory: string): string {
  const path = join(directory, 'shell.sh');
  writeFileSync(path, '#!/bin/sh\n/bin/sh "$@"\nexit $?\n');
  chmodSync(path, 0o755);
  return path;
}
