import type { BodyRoom } from './body-room';

/** Size of the first buffer, in bytes. A delivery about a parse run has less than 12 kB. */
const FIRST_BYTES = 16_384;

/**
 * A body as it arrives, in one buffer that grows. A sender chooses the size of the pieces, and a piece of one byte takes
 * a hundred bytes of memory, so no piece is kept.
 */
export class BodyBuffer {
  readonly #room: BodyRoom;
  readonly #maxBytes: number;
  #bytes = Buffer.alloc(0);
  #length = 0;

  constructor(room: BodyRoom, maxBytes: number) {
    this.#room = room;
    this.#maxBytes = maxBytes;
  }

  /** Appends a piece. @returns the problem if it does not fit */
  append(piece: Uint8Array): 'tooLarge' | 'full' | undefined {
    const length = this.#length + piece.byteLength;
    if (length > this.#maxBytes) return 'tooLarge';
    if (length > this.#bytes.byteLength && !this.#grow(length)) return 'full';
    this.#bytes.set(piece, this.#length);
    this.#length = length;
    return undefined;
  }

  /** Returns the whole body. The caller gives the room of its bytes back. */
  end(): Buffer {
    const body = Buffer.from(this.#bytes.subarray(0, this.#length));
    this.#room.free(this.#bytes.byteLength - this.#length);
    return body;
  }

  /** Gives the room back. */
  drop(): void {
    this.#room.free(this.#bytes.byteLength);
    this.#bytes = Buffer.alloc(0);
  }

  #grow(neededBytes: number): boolean {
    const size = Math.min(Math.max(neededBytes, 2 * this.#bytes.byteLength, FIRST_BYTES), this.#maxBytes);
    if (!this.#room.take(size - this.#bytes.byteLength)) return false;
    const grown = Buffer.alloc(size);
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
    return true;
  }
}
