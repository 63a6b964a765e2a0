/**
 * A store of results. Two methods are required, so that a store of one's own is a dozen lines: see `docs/results.md`.
 *
 * A store keeps whole objects: one that is written again is replaced at once, and one whose content breaks off leaves
 * nothing that can be read.
 */
export interface ResultStore {
  /**
   * Writes one object, and returns its absolute URI.
   *
   * @param name path of the object in the store: segments of letters, digits and `._%-`, none of which begins with a dot,
   * joined by slashes.
   * @param content its bytes, to be read once and to the end. If it throws, nothing may be left that `read` would give.
   * @throws StoreRefusedError where trying again is of no use; anything else is tried again.
   */
  write(name: string, content: AsyncIterable<Uint8Array>, options?: StoreCallOptions): Promise<string>;
  /**
   * Opens an object by the URI that `write` returned.
   *
   * @throws StoreRefusedError where there is none, or the URI is of another store.
   */
  read(uri: string, options?: StoreCallOptions): Promise<AsyncIterable<Uint8Array>>;
  /**
   * Deletes an object by the URI that `write` returned. A missing object is no error. A batch deletes the pages of its
   * documents with it, once it has ended; results and outcomes are never deleted.
   *
   * @default none: pages of batches, with the `fileUrl` of each document, stay in the store
   * @throws StoreRefusedError if the URI is of another store, or the store does not allow it.
   */
  delete?(uri: string, options?: StoreCallOptions): Promise<void>;
}

/** What a call may be given beside its subject. */
export interface StoreCallOptions {
  /** Ends the call early. @default nothing does */
  readonly signal?: AbortSignal;
}

/** A store that says no, and will say so again: no such bucket, no right to write, a URI of another store. */
export class StoreRefusedError extends Error {
  override readonly name = 'StoreRefusedError';
}

const SEGMENT = /^[\w%-][\w.%-]*$/;

/** Checks the name of an object: it must not lead out of the store. @throws StoreRefusedError */
export function checkObjectName(name: string): void {
  if (name.split('/').every((segment) => SEGMENT.test(segment))) return;
  throw new StoreRefusedError(
    `name must be segments of letters, digits and ._%- joined by slashes, none beginning with a dot, got '${name}'`,
  );
}
