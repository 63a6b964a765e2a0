import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IdPrefix } from './ids';

/** Ids of this emulator. No other text may become a file name. */
const ID = /^(parser_run|pr|bpr|file)_[\w-]{1,64}$/;

/**
 * Runs and files that outlive the emulator. Each is a JSON file in one directory; the bytes of a file lie beside it.
 *
 * Writes are synchronous and atomic: everything that the emulator has answered is on the disk, even if its process is
 * killed.
 */
export class KeptObjects {
  readonly #directory: string;
  readonly #damaged = new Set<string>();

  /** Creates the directory. Only the user of the process may read it, because documents may be confidential. */
  constructor(directory: string) {
    this.#directory = directory;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  }

  /** Writes an object. Its bytes, if it has any, are written first. */
  write(id: string, value: object, bytes?: Uint8Array): void {
    if (bytes !== undefined) this.#writeWhole(`${id}.bin`, bytes);
    this.#writeWhole(`${id}.json`, JSON.stringify(value));
  }

  /**
   * Reads the object of that id; `undefined` if there is none. A damaged file counts as none, and is reported once on
   * standard error.
   */
  read(id: string): object | undefined {
    const text = this.#readIfThere(`${id}.json`, id);
    if (text === undefined) return undefined;
    const value = toObject(text.toString('utf8'), id);
    if (value === undefined && !this.#damaged.has(id)) {
      this.#damaged.add(id);
      process.stderr.write(`emulator: the kept file ${id}.json is damaged and ignored\n`);
    }
    return value;
  }

  /** Reads the bytes of the object of that id; `undefined` if there are none. */
  readBytes(id: string): Uint8Array | undefined {
    return this.#readIfThere(`${id}.bin`, id);
  }

  /** Ids of all objects that begin with one of these prefixes. */
  ids(prefixes: readonly IdPrefix[]): readonly string[] {
    const ids = readdirSync(this.#directory).flatMap((name) => (name.endsWith('.json') ? [name.slice(0, -5)] : []));
    return ids.filter((id) => ID.test(id) && prefixes.some((prefix) => id.startsWith(prefix)));
  }

  /** Removes an object and its bytes. */
  remove(id: string): void {
    for (const ending of ['json', 'bin']) rmSync(join(this.#directory, `${id}.${ending}`), { force: true });
  }

  #readIfThere(name: string, id: string): Buffer | undefined {
    if (!ID.test(id)) return undefined;
    try {
      return readFileSync(join(this.#directory, name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  #writeWhole(name: string, content: string | Uint8Array): void {
    const path = join(this.#directory, name);
    writeFileSync(`${path}.tmp`, content, { mode: 0o600 });
    renameSync(`${path}.tmp`, path);
  }
}

function toObject(text: string, id: string): object | undefined {
  try {
    const value = JSON.parse(text) as { readonly id?: unknown } | null;
    return value?.id === id ? value : undefined;
  } catch {
    return undefined;
  }
}
