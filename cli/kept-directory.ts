import { chmod, lstat, mkdir, readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { usageError } from './exit-status';
import { toSafeLabel } from './to-label';

/** Directory inside that of the results, for the files that a later call needs. */
export const KEPT = '.extend-parse';
/** Permissions for the current user only, because the files hold URLs and texts. */
const PRIVATE_DIRECTORY = 0o700;

/**
 * Checks that {@link KEPT} and the entries in it are no links. A write would follow a link to a file elsewhere, and an
 * unpacked archive may contain links.
 *
 * @throws CommandError that names the link.
 */
export async function checkKept(out: string): Promise<void> {
  const kept = join(out, KEPT);
  const stats = await lstat(kept).catch(() => undefined);
  if (stats === undefined) return;
  if (!stats.isDirectory()) throw refusal(kept, 'must be a directory, and no link');
  for (const entry of await readdir(kept, { withFileTypes: true })) {
    if (!entry.isFile() && !entry.isDirectory())
      throw refusal(join(kept, entry.name), 'must be a file or a directory, and no link');
  }
}

/**
 * Creates {@link KEPT}, and makes an existing one private. Returns its real path: the worker opens files of the real
 * directory only, and `out` may be a link.
 */
export async function createKept(out: string): Promise<string> {
  // The directory of the results gets the user's default permissions.
  await mkdir(out, { recursive: true });
  const kept = join(await realpath(out), KEPT);
  await mkdir(kept, { recursive: true, mode: PRIVATE_DIRECTORY });
  await chmod(kept, PRIVATE_DIRECTORY);
  return kept;
}

function refusal(path: string, rule: string): Error {
  return usageError(`${toSafeLabel(path)} ${rule}: remove it, or give another --out`);
}
