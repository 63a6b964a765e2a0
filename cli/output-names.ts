import { posix, win32 } from 'node:path';

/** Room for `-123.json` and for a temporary file's ending within the 255 bytes that file systems grant a name. */
const MAX_NAME_BYTES = 200;
const FALLBACK_NAME = 'document';

/**
 * The names under which the results of documents are written, without extension and in the same order: base name
 * without its last extension, and `-2`, `-3` for further ones of a name that is taken.
 *
 * Names that differ in case only count as the same: on many file systems they are.
 */
export function toOutputNames(documents: readonly string[]): string[] {
  const taken = new Set<string>();
  return documents.map((document) => {
    const base = toBaseName(document);
    let name = base;
    for (let count = 2; taken.has(name.toLowerCase()); count++) name = `${base}-${count}`;
    taken.add(name.toLowerCase());
    return name;
  });
}

function toBaseName(document: string): string {
  const fileName = URL.canParse(document) && /^https?:/i.test(document) ? lastSegment(document) : toFileName(document);
  const { name } = posix.parse(fileName);
  return cut(name) || FALLBACK_NAME;
}

function toFileName(path: string): string {
  return process.platform === 'win32' ? win32.basename(path) : posix.basename(path);
}

/** A URL may hold anything, so what would leave the directory or hide the file is replaced. */
function lastSegment(url: string): string {
  const { pathname, hostname } = new URL(url);
  const segment = pathname.split('/').findLast(Boolean) ?? hostname;
  return decode(segment)
    .replace(/[/\\:*?"<>|\p{Cc}]/gu, '_')
    .replace(/^\.+/, '');
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function cut(name: string): string {
  let kept = '';
  for (const character of name) {
    if (Buffer.byteLength(kept + character) > MAX_NAME_BYTES) break;
    kept += character;
  }
  return kept;
}
