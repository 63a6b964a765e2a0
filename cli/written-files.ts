import { constants } from 'node:fs';
import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Flags for opening that refuse a link. Windows has no such flag. */
const NO_LINK = constants.O_NOFOLLOW ?? 0;
const READ = constants.O_RDONLY | NO_LINK;
const APPEND = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | NO_LINK;

/**
 * The record of the files that the command wrote into one directory, with a SHA-256 of each content.
 *
 * A file counts as written by the command while its content is one that the command wrote under this name. So a file that
 * a person changed afterwards does not count, and a crash between the record and the file does no harm.
 */
export class WrittenFiles {
  readonly #path: string;
  readonly #known: Set<string>;

  private constructor(path: string, known: Set<string>) {
    this.#path = path;
    this.#known = known;
  }

  /** Reads the record; a record that does not exist is empty, and a line that was not written completely is ignored. */
  static async open(path: string): Promise<WrittenFiles> {
    const text = await readFile(path, { encoding: 'utf8', flag: READ }).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return '';
      throw error;
    });
    return new WrittenFiles(path, new Set(text.split('\n')));
  }

  /** Tells whether the command wrote this content under this name. */
  has(name: string, sha256: string): boolean {
    return this.#known.has(toLine(name, sha256));
  }

  /** Notes a file. The caller does so before it writes the file, so that no written file is missing in the record. */
  async add(name: string, sha256: string): Promise<void> {
    const line = toLine(name, sha256);
    if (this.#known.has(line)) return;
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
    // The line break comes first, so that this line is not appended to one that a crash cut off.
    await appendFile(this.#path, `\n${line}`, { mode: 0o600, flag: APPEND });
    this.#known.add(line);
  }
}

/** File systems differ in whether case and Unicode normalization tell names apart; the record takes them as equal. */
function toLine(name: string, sha256: string): string {
  return `${sha256} ${name.normalize('NFC').toLowerCase()}`;
}
