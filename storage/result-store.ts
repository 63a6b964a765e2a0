/**
 * A store of results. Only two methods are required, so your own store can have a dozen lines: see `docs/results.md`.
 *
 * A store keeps complete objects. Writing an object again replaces it atomically. A write whose content breaks off
 * leaves nothing that can be read.
 */
export interface ResultStore {
  /**
   * Writes one object, and returns its absolute URI.
   *
   * @param name path of the object in the store. It consists of segments joined by slashes. A segment has letters,
   * digits and `._%-`, and does not begin with a dot.
   * @param content bytes of the object. The store reads them once and to the end. If the content throws, the store must
   * leave nothing that `read` would give.
   * @throws StoreRefusedError if another attempt would fail too. After any other error the write is tried again.
   */
  write(name: string, content: AsyncIterable<Uint8Array>, options?: StoreCallOptions): Promise<string>;
  /**
   * Opens an object by the URI that `write` returned.
   *
   * @throws StoreRefusedError if there is no such object, or the URI belongs to another store.
   */
  read(uri: string, options?: StoreCallOptions): Promise<AsyncIterable<Uint8Array>>;
  /**
   * Deletes an object by the URI that `write` returned. A missing object is not an error. A batch that has ended
   * deletes the pages of its documents with it. Results and outcomes are never deleted.
   *
   * @default none: the pages of batches, with the `fileUrl` of each document, stay in the store
   * @throws StoreRefusedError if the URI belongs to another store, or the store does not allow deletion.
   */
  delete?(uri: string, options?: StoreCallOptions): Promise<void>;
}

/** Options of each call. */
export interface StoreCallOptions {
  /** Ends the call early. @default nothing does */
  readonly signal?: AbortSignal;
}

/** A refusal of a store that is final, for example: no such bucket, no permission to write, a URI of another store. */
export class StoreRefusedError extends Error {
  override readonly name = 'StoreRefusedError';
  /**
   * `false`: the object may exist, so the refusal does not tell that it is missing. A batch then fails, because documents
   * without their notes would be submitted again. @default undefined: the refusal of a read may mean that it is missing
   */
  readonly isMissing: boolean | undefined;

  /** @param options `cause` as for each error; `isMissing` as the member of this name. */
  constructor(message: string, options: ErrorOptions & { readonly isMissing?: boolean } = {}) {
    super(message, options);
    this.isMissing = options.isMissing;
  }
}

const SEGMENT = /^[\w%-][\w.%-]*$/;

/**
 * Checks the name of an object, so that it cannot lead out of the store.
 *
 * @throws StoreRefusedError if the name is wrong
 */
export function checkObjectName(name: string): void {
  if (name.split('/').every((segment) => SEGMENT.test(segment))) return;
  throw new StoreRefusedError(
    `name must be segments of letters, digits and ._%- joined by slashes, none beginning with a dot, got '${name}'`,
  );
}
