import { posix, win32 } from 'node:path';

/** Room for `-123.json` and for a temporary file's ending within the 255 bytes that file systems grant a name. */
const MAX_NAME_BYTES = 200;
const FALLBACK_NAME = 'document';

/** Characters that some file system refuses, that end a line, or that change how a terminal shows the rest of a name. */
const UNSAFE = /[/\\:*?"<>|\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;
/** Windows reserves these names, with any extension. */
const RESERVED = /^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])\s*(\.|$)/i;

/**
 * The names under which the results of documents are written, without extension and in the same order: base name
 * without its last extension, and `-2`, `-3` for further ones of a name that is taken.
 *
 * The names are the same on every platform, and safe on every platform: no leading dot, no trailing dot or space, no name
 * that Windows reserves, no character that a file system refuses. Names that differ only in case or in Unicode
 * normalization count as equal, because many file systems treat them as equal.
 *
 * @param taken gets the given names, in the form in which they are compared.
 */
export function toOutputNames(documents: readonly string[], taken = new Set<string>()): string[] {
  // Names stay taken, so the search for a base name continues where the last search ended.
  const nextCounts = new Map<string, number>();
  return documents.map((document) => {
    const base = toBaseName(document);
    const comparableBase = toComparable(base);
    let name = base;
    let count = nextCounts.get(comparableBase) ?? 2;
    for (; taken.has(toComparable(name)); count++) name = `${base}-${count}`;
    nextCounts.set(comparableBase, count);
    taken.add(toComparable(name));
    return name;
  });
}

function toComparable(name: string): string {
  return name.normalize('NFC').toLowerCase();
}

function toBaseName(document: string): string {
  const fileName = URL.canParse(document) && /^https?:/i.test(document) ? lastSegment(document) : toFileName(document);
  const { name } = posix.parse(fileName.replace(UNSAFE, '_').replace(/^[.\s]+/, ''));
  return cut(RESERVED.test(name) ? `_${name}` : name).replace(/[.\s]+$/, '') || FALLBACK_NAME;
}

function toFileName(path: string): string {
  return process.platform === 'win32' ? win32.basename(path) : posix.basename(path);
}

function lastSegment(url: string): string {
  const { pathname, hostname } = new URL(url);
  const segment = pathname.split('/').findLast(Boolean) ?? hostname;
  return decode(segment);
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
