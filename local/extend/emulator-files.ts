import { defined } from '../../json';
import { RefusedRequest } from './refused-request';
import { createId } from './ids';
import type { ParsedFile } from './file-contents';
import type { KeptObjects } from './kept-objects';
import type { EmulatorFile } from './ledger';

/** A file and its bytes. */
export interface StoredFile {
  readonly id: string;
  /** Caller that may see the file: a workspace, and a key if the emulator knows its keys. */
  readonly owner: string;
  readonly name: string;
  readonly type?: string;
  readonly bytes: Uint8Array;
  readonly uploaded: boolean;
  readonly createdAtMs: number;
}

/** The facts about a file that remain after its bytes are deleted. */
type FileFacts = EmulatorFile;

/** The files of one emulator, in memory, and the files that earlier emulators kept on disk. */
export class EmulatorFiles {
  readonly #files = new Map<string, StoredFile>();
  readonly #facts = new Map<string, FileFacts>();
  readonly #parsed = new Map<string, ParsedFile>();
  readonly #kept: KeptObjects | undefined;

  /** @param kept store in which files outlive the emulator; `undefined` for none */
  constructor(kept?: KeptObjects) {
    this.#kept = kept;
  }

  /** Stores a file. `id` is given only if it was promised before the bytes came. */
  add(file: Omit<StoredFile, 'id' | 'createdAtMs'> & { readonly id?: string }): StoredFile {
    const stored = { ...file, id: file.id ?? createId('file_'), createdAtMs: Date.now() };
    const { bytes, ...facts } = stored;
    this.#kept?.write(stored.id, facts, bytes);
    this.#files.set(stored.id, stored);
    this.#note(stored);
    return stored;
  }

  /** Tells if the file exists. */
  has(id: string): boolean {
    return this.find(id) !== undefined;
  }

  /** Returns the file of that id. @throws RefusedRequest 404 if it never existed or was deleted. */
  get(id: string): StoredFile {
    const file = this.find(id);
    if (file === undefined) throw new RefusedRequest(404, `File not found: ${id}`);
    return file;
  }

  /** Returns the owner's file of that id. @throws RefusedRequest 404 if the owner has none. */
  getOwned(id: string, owner: string): StoredFile {
    const file = this.find(id);
    if (file?.owner !== owner) throw new RefusedRequest(404, `File not found: ${id}`);
    return file;
  }

  /** Deletes the bytes; the facts stay in the list. @throws RefusedRequest 404 as {@link getOwned}. */
  delete(id: string, owner: string): void {
    this.getOwned(id, owner);
    this.#files.delete(id);
    this.#parsed.delete(id);
    this.#kept?.remove(id);
    const facts = this.#facts.get(id);
    if (facts !== undefined) this.#facts.set(id, { ...facts, deleted: true });
  }

  /** Keeps the output of a run of a file in memory. It replaces that of an earlier run. */
  noteParsed(id: string, parsed: ParsedFile): void {
    if (this.has(id)) this.#parsed.set(id, parsed);
  }

  /** Returns the output of the last run of a file; `undefined` for a file that this emulator has not parsed. */
  parsed(id: string): ParsedFile | undefined {
    return this.#parsed.get(id);
  }

  /** Returns the owner's files that still exist, newest first. */
  existing(owner: string): StoredFile[] {
    return [...this.#files.values()].filter((file) => file.owner === owner).reverse();
  }

  /** Returns every file, deleted or not, in order of creation. */
  list(): readonly EmulatorFile[] {
    return [...this.#facts.values()];
  }

  /** Returns the file of that id; `undefined` if it never existed or was deleted. */
  find(id: string): StoredFile | undefined {
    const file = this.#files.get(id);
    if (file !== undefined) return file;
    const facts = this.#kept?.read(id) as
      (Omit<StoredFile, 'bytes' | 'owner'> & { readonly owner?: string }) | undefined;
    const bytes = this.#kept?.readBytes(id);
    if (facts === undefined || bytes === undefined) return undefined;
    // Emulators of earlier versions kept no owner.
    const found = { ...facts, owner: facts.owner ?? '', bytes };
    this.#files.set(id, found);
    this.#note(found);
    return found;
  }

  #note({ id, name, type, bytes, uploaded }: StoredFile): void {
    this.#facts.set(id, { id, name, ...defined({ type }), bytes: bytes.byteLength, uploaded, deleted: false });
  }
}
