import { posix, win32 } from 'node:path';

/** Room for `-123.json` and for a temporary file's ending within the 255 bytes that file systems grant a name. */
const MAX_NAME_BYTES = 200;
const FALLBACK_NAME = 'document';

/** Characters that some file system refuses, that end a line, or that change how a terminal shows the rest of a name. */
const UNSAFE = /[/\\:*?"<>|\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;
/** Windows reserves these names, with any extension. */
const RESERVED = /^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])\s*(\.|$)/i;

/** Longest extension that a name keeps, in bytes. A longer one is no extension. */
const MAX_EXTENSION_BYTES = 16;

/**
 * The names under which the results of documents are written, in the same order: the base name without its last
 * extension. If two documents of one base name have different extensions, the names keep the extensions (`test.xlsx`, `test.pdf`).
 * Further documents of a name that is taken get `-2`, `-3`.
 *
 * The names are the same on every platform, and safe on every platform: no leading dot, no trailing dot or space, no name
 * that Windows reserves, no character that a file system refuses. Names that differ only in case or in Unicode
 * normalization count as equal, because many file systems treat them as equal.
 *
 * @param taken gets the given names, in the form in which they are compared.
 */
export function toOutputNames(documents: readonly string[], taken = new Set<string>()): string[] {
  // Names stay taken, so the search for a name continues where the last search ended.
  const nextCounts = new Map<string, number>();
  return keepDifferingExtensions(documents.map(toNameParts)).map(({ base, extension }) => {
    const first = `${base}${extension}`;
    const comparableFirst = toComparable(first);
    let name = first;
    let count = nextCounts.get(comparableFirst) ?? 2;
    for (; taken.has(toComparable(name)); count++) name = `${base}-${count}${extension}`;
    nextCounts.set(comparableFirst, count);
    taken.add(toComparable(name));
    return name;
  });
}

/** The parts of a name. The extension begins with a dot, or is empty. */
interface NameParts {
  readonly base: string;
  readonly extension: string;
}

/** Removes the extensions, except of documents of one base name whose extensions differ. */
function keepDifferingExtensions(names: readonly NameParts[]): NameParts[] {
  const extensions = new Map<string, Set<string>>();
  for (const { base, extension } of names) {
    const known = extensions.get(toComparable(base)) ?? new Set();
    extensions.set(toComparable(base), known.add(toComparable(extension)));
  }
  const isUnique = (base: string) => extensions.get(toComparable(base))?.size === 1;
  return names.map(({ base, extension }) => ({ base, extension: isUnique(base) ? '' : extension }));
}

function toComparable(name: string): string {
  return name.normalize('NFC').toLowerCase();
}

function toNameParts(document: string): NameParts {
  const fileName = URL.canParse(document) && /^https?:/i.test(document) ? lastSegment(document) : toFileName(document);
  const { name, ext } = posix.parse(fileName.replace(UNSAFE, '_').replace(/^[.\s]+/, ''));
  const base = cut(RESERVED.test(name) ? `_${name}` : name).replace(/[.\s]+$/, '') || FALLBACK_NAME;
  const extension = ext.replace(/[.\s]+$/, '');
  return { base, extension: Buffer.byteLength(extension) > MAX_EXTENSION_BYTES ? '' : extension };
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
