/** The memory that the bodies of all deliveries of one handler may take together. */
export class BodyRoom {
  #freeBytes: number;

  constructor(bytes: number) {
    this.#freeBytes = bytes;
  }

  /** Takes room. Returns `false` if there is not enough. */
  take(bytes: number): boolean {
    if (bytes > this.#freeBytes) return false;
    this.#freeBytes -= bytes;
    return true;
  }

  /** Gives room back. */
  free(bytes: number): void {
    this.#freeBytes += bytes;
  }
}
