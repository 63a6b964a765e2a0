import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, type Stats } from 'node:fs';
import { lstat, mkdir, realpath, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { CommandError, usageError } from './exit-status';
import { checkKept, KEPT } from './kept-directory';
import { toLabel, toSafeLabel } from './to-label';
import { WrittenFiles } from './written-files';

/** Files that are checked at a time. */
const CHECKED_AT_ONCE = 32;
/** Problems that a message names; it counts the others. */
const MAX_NAMED = 10;
/** The probe's content, large enough that a full disk refuses it. */
const PROBE = ' '.repeat(8_192);

/** Settings of {@link OutputDirectory.open}. */
export interface OutputDirectoryOptions {
  /** The directory; it is created with the first result. */
  readonly path: string;
  /** Paths of the documents, which no result may replace. */
  readonly documents: readonly string[];
  /** `true`: results may replace files that the command did not write. No result ever replaces a document. */
  readonly force: boolean;
}

/** The directory that results are written to. It replaces neither a document nor a file that the command did not write. */
export class OutputDirectory {
  readonly #options: OutputDirectoryOptions;
  readonly #written: WrittenFiles;
  readonly #documents: ReadonlySet<string>;

  private constructor(options: OutputDirectoryOptions, written: WrittenFiles, documents: ReadonlySet<string>) {
    this.#options = options;
    this.#written = written;
    this.#documents = documents;
  }

  /**
   * Checks that the directory can be written, and leaves nothing there.
   *
   * @throws CommandError that names the directory and the rule.
   */
  static async open(options: OutputDirectoryOptions): Promise<OutputDirectory> {
    const { path, documents } = options;
    try {
      await checkKept(path);
      await probe(path);
      const written = await WrittenFiles.open(join(path, KEPT, 'written'));
      const identities = await Promise.all(documents.map(identify));
      return new OutputDirectory(options, written, new Set(identities.filter((identity) => identity !== undefined)));
    } catch (error) {
      if (error instanceof CommandError) throw error;
      throw usageError(
        `--out must be a directory that can be written, got '${toSafeLabel(path)}': ${toSafeLabel((error as Error).message)}`,
      );
    }
  }

  /** Path of a file in the directory. */
  pathOf(fileName: string): string {
    return join(this.#options.path, fileName);
  }

  /**
   * Checks that files of these names may be written.
   *
   * @throws CommandError that names the files that may not be written.
   */
  async check(fileNames: readonly string[]): Promise<void> {
    const problems: string[] = [];
    for (let from = 0; from < fileNames.length; from += CHECKED_AT_ONCE) {
      const found = fileNames.slice(from, from + CHECKED_AT_ONCE).map((fileName) => this.findProblem(fileName));
      problems.push(...(await Promise.all(found)).filter((problem) => problem !== undefined));
    }
    if (problems.length === 0) return;
    const more = problems.length > MAX_NAMED ? [`and ${problems.length - MAX_NAMED} more`] : [];
    throw usageError([...problems.slice(0, MAX_NAMED).map(toLabel), ...more, 'give another --out'].join('\n'));
  }

  /** The reason why a file of this name may not be written, or `undefined`. */
  async findProblem(fileName: string): Promise<string | undefined> {
    const path = this.pathOf(fileName);
    const stats = await lstat(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (stats === undefined) return undefined;
    const identity = await identify(path);
    if (identity !== undefined && this.#documents.has(identity))
      return `${path} is one of the documents to parse: no result replaces it`;
    if (!isReplaceable(stats)) return `${path} is no file`;
    if (this.#options.force || (stats.isFile() && this.#written.has(fileName, await hashFile(path)))) return undefined;
    return `${path} exists, and was not written by this command or was changed since: --force replaces it`;
  }

  /**
   * Writes a file whole: no reader sees half of it.
   *
   * @throws Error with the reason from {@link findProblem}, or an error of the file system.
   */
  async write(fileName: string, text: string): Promise<void> {
    const path = this.pathOf(fileName);
    const problem = await this.findProblem(fileName);
    if (problem !== undefined) throw new Error(problem);
    const sha256 = createHash('sha256').update(text).digest('hex');
    if ((await hashFile(path)) === sha256) return;
    await mkdir(this.#options.path, { recursive: true });
    await this.#written.add(fileName, sha256);
    const temporary = `${path}.${randomUUID().slice(0, 8)}.tmp`;
    try {
      await writeFile(temporary, text);
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }
}

/** A link may be replaced: the file takes its place, and the target of the link stays. */
function isReplaceable(stats: Stats): boolean {
  return stats.isFile() || stats.isSymbolicLink();
}

/** A text that is equal for two paths of one file, also through links or other case. Absent if there is no such file. */
async function identify(path: string): Promise<string | undefined> {
  try {
    const { dev, ino } = await stat(path, { bigint: true });
    // Some network file systems give every file the number 0.
    return ino === 0n ? await realpath(path) : `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}

/**
 * The SHA-256 of a regular file. Of anything else the result is an empty text, which is no hash: a read of a link may never
 * end, because the link may name a pipe or a device.
 */
async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    if (!(await lstat(path)).isFile()) return '';
    await pipeline(createReadStream(path), hash);
    return hash.digest('hex');
  } catch {
    return '';
  }
}

/** Creates the directory, writes a file into it, and removes everything that did not exist before. */
async function probe(path: string): Promise<void> {
  const file = join(path, `.extend-parse-probe-${randomUUID()}`);
  const created: string[] = [];
  try {
    created.push(...(await createDirectories(resolve(path))));
    created.unshift(...(await createDirectories(resolve(path, KEPT))));
    await writeFile(file, PROBE);
  } finally {
    await rm(file, { force: true }).catch(() => undefined);
    for (const directory of created) await rmdir(directory).catch(() => undefined);
  }
}

/**
 * Creates a directory and those above it that are missing, and returns them, the deepest first. Node's own recursive
 * `mkdir` never ends where a file system answers ENOENT although the directory above exists, as `/proc` does.
 */
async function createDirectories(path: string): Promise<string[]> {
  if ((await stat(path).catch(() => undefined))?.isDirectory()) return [];
  try {
    await mkdir(path);
    return [path];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    const above = await createDirectories(dirname(path));
    if (above.length === 0) throw error;
    return [...(await createDirectories(path)), ...above];
  }
}
