import { utf8Bytes } from '../../contract';
import { pageName, pageUris } from './batch-places';
import type { BatchStore } from './batch-store';
import type { BatchPlace, PageDocument } from '../types';

/** A page travels through the history. */
const MAX_PAGE_DOCUMENTS = 200;
const MAX_PAGE_BYTES = 400_000;

/** Writes the documents of a batch as pages, one behind the other. */
export class PageWriter {
  readonly #store: BatchStore;
  readonly #place: BatchPlace;
  #count = 0;
  #page: PageDocument[] = [];
  #bytes = 0;

  constructor(store: BatchStore, place: BatchPlace) {
    this.#store = store;
    this.#place = place;
  }

  /** Pages that are written. */
  get count(): number {
    return this.#count;
  }

  /** Adds a document; a full page is written first. */
  async add(document: PageDocument): Promise<void> {
    const size = utf8Bytes(JSON.stringify(document));
    if (this.#page.length === MAX_PAGE_DOCUMENTS || this.#bytes + size > MAX_PAGE_BYTES) await this.flush();
    this.#page.push(document);
    this.#bytes += size;
  }

  /** Writes the documents that are in no page yet. */
  async flush(): Promise<void> {
    if (this.#page.length === 0) return;
    this.#count += 1;
    await this.#store.write(`${this.#place.directory}/${pageName(this.#count)}`, this.#page);
    this.#page = [];
    this.#bytes = 0;
  }

  /** Deletes the pages that are written. */
  async removeAll(): Promise<void> {
    await this.#store.remove(pageUris(this.#place, this.#count));
  }
}
