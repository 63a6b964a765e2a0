import { utf8Bytes } from '../../contract';
import type { BatchLocation, PageDocument } from '../types';
import type { BatchStore } from './batch-store';
import { pageName, pageUris } from './locations';

/** Limits of a page, which becomes part of the workflow's history. */
const MAX_PAGE_DOCUMENTS = 200;
const MAX_PAGE_BYTES = 400_000;

/** Writes the documents of a batch to the store, in pages that are numbered from 1. */
export class PageWriter {
  readonly #store: BatchStore;
  readonly #location: BatchLocation;
  #count = 0;
  #page: PageDocument[] = [];
  #bytes = 0;

  constructor(store: BatchStore, location: BatchLocation) {
    this.#store = store;
    this.#location = location;
  }

  /** Number of the pages that are written. */
  get count(): number {
    return this.#count;
  }

  /** Adds a document. If the page is full, the page is written first. */
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
    await this.#store.write(`${this.#location.directory}/${pageName(this.#count)}`, this.#page);
    this.#page = [];
    this.#bytes = 0;
  }

  /** Deletes the pages that are written. */
  async removeAll(): Promise<void> {
    await this.#store.remove(pageUris(this.#location, this.#count));
  }
}
