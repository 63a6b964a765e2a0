import { RefusedRequest } from './answer';
import { createId } from './ids';
import type { EmulatorFile } from './ledger';

/** A file and its bytes. */
export interface StoredFile {
  readonly id: string;
  readonly name: string;
  readonly type?: string;
  readonly bytes: Uint8Array;
  readonly uploaded: boolean;
  readonly createdAtMs: number;
}

/** What was known of a file that is gone. */
type FileFacts = EmulatorFile;

/** The files of one emulator, in memory. */
export class FileStore {
  readonly #files = new Map<string, StoredFile>();
  readonly #facts = new Map<string, FileFacts>();

  /** Stores a file; `id` only where it was promised before the bytes came. */
  add(file: Omit<StoredFile, 'id' | 'createdAtMs'> & { readonly id?: string }): StoredFile {
    const stored = { ...file, id: file.id ?? createId('file_'), createdAtMs: Date.now() };
    this.#files.set(stored.id, stored);
    const type = stored.type === undefined ? {} : { type: stored.type };
    const { id, name, uploaded } = stored;
    this.#facts.set(id, { id, name, ...type, bytes: stored.bytes.byteLength, uploaded, deleted: false });
    return stored;
  }

  /** @throws RefusedRequest 404 for a file that never was or was deleted. */
  get(id: string): StoredFile {
    const file = this.#files.get(id);
    if (file === undefined) throw new RefusedRequest(404, `File not found: ${id}`);
    return file;
  }

  /** Forgets the bytes; @throws RefusedRequest 404 as {@link get}. */
  delete(id: string): void {
    this.get(id);
    this.#files.delete(id);
    const facts = this.#facts.get(id);
    if (facts !== undefined) this.#facts.set(id, { ...facts, deleted: true });
  }

  /** The files that still exist, newest first. */
  existing(): readonly StoredFile[] {
    return [...this.#files.values()].reverse();
  }

  /** Every file that ever was, in order of creation. */
  list(): readonly EmulatorFile[] {
    return [...this.#facts.values()];
  }
}
