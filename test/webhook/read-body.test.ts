/** Risk tested here: a sender without a secret makes a small body cost much memory or time. */
import { describe, expect, it } from '@jest/globals';
import { BodyRoom } from '../../webhook/body-room';
import { readBody } from '../../webhook/read-body';

const ROOM_BYTES = 2_000_000;
const signal = new AbortController().signal;

/** A body of pieces that the function makes; the body ends with `undefined`. */
function bodyOf(pieceOf: (at: number) => Uint8Array | undefined): Response {
  let at = 0;
  const pull = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
    const piece = pieceOf(at);
    at += 1;
    if (piece === undefined) controller.close();
    else controller.enqueue(piece);
  };
  // No piece is made before the reader asks for it.
  return new Response(new ReadableStream<Uint8Array>({ pull }, { highWaterMark: 0 }));
}

/** The free bytes of a room. */
function freeBytesOf(room: BodyRoom): number {
  let [low, high] = [0, ROOM_BYTES];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const fits = room.take(middle);
    if (fits) room.free(middle);
    if (fits) low = middle;
    else high = middle - 1;
  }
  return low;
}

describe('a body in pieces of one byte', () => {
  it('is copied piece by piece, so that no piece is kept', async () => {
    // A piece that is kept would have the content of the last one.
    const piece = new Uint8Array(1);
    const response = bodyOf((at) => {
      if (at === 26) return undefined;
      piece[0] = 97 + at;
      return piece;
    });
    const body = await readBody(response, { signal, room: new BodyRoom(ROOM_BYTES) });
    expect(body.toString()).toBe('abcdefghijklmnopqrstuvwxyz');
  });

  it('takes time for its length only, not for the square of it', async () => {
    let reads = 0;
    const pieces = 2_000;
    const response = bodyOf((at) => {
      if (at === pieces) return undefined;
      const piece = new Uint8Array([120]);
      return Object.defineProperty(piece, 'byteLength', { get: () => ((reads += 1), 1) });
    });
    const body = await readBody(response, { signal, room: new BodyRoom(ROOM_BYTES) });
    expect(body).toHaveLength(pieces);
    expect(reads / pieces).toBeLessThan(10);
  });
});

describe('a body in very many pieces', () => {
  it.each([
    [2_000, 'read'],
    [2_001, 'tooManyPieces'],
  ])('is refused, however small it is: %s pieces', async (pieces, end) => {
    let made = 0;
    const response = bodyOf((at) => {
      made = at;
      return at === pieces ? undefined : new Uint8Array([120]);
    });
    const room = new BodyRoom(ROOM_BYTES);
    const body = await readBody(response, { signal, room });
    expect(typeof body === 'string' ? body : 'read').toBe(end);
    expect(made).toBe(2_000);
    if (typeof body === 'string') expect(freeBytesOf(room)).toBe(ROOM_BYTES);
  });
});

describe('the room of a body', () => {
  it('holds the bytes of the body until the caller gives them back, however the buffer has grown', async () => {
    const room = new BodyRoom(ROOM_BYTES);
    const sizes = [1, 16_384, 16_385, 70_000, 999_999, 1_000_000];
    for (const size of sizes) {
      const body = await readBody(new Response('x'.repeat(size)), { signal, room });
      expect([body.length, freeBytesOf(room)]).toEqual([size, ROOM_BYTES - size]);
      room.free(body.length);
    }
    expect(freeBytesOf(room)).toBe(ROOM_BYTES);
  });

  it('is free again after a body that is too large, broken or one too many', async () => {
    const room = new BodyRoom(ROOM_BYTES);
    const piece = new Uint8Array(300_000);
    expect(
      await readBody(
        bodyOf(() => piece),
        { signal, room },
      ),
    ).toBe('tooLarge');
    const broken = bodyOf((at) => {
      if (at === 1) throw new Error('the connection was closed');
      return piece;
    });
    expect(await readBody(broken, { signal, room })).toBe('broken');
    room.take(ROOM_BYTES - 10);
    expect(await readBody(new Response('xyz'), { signal, room })).toBe('full');
    room.free(ROOM_BYTES - 10);
    expect(freeBytesOf(room)).toBe(ROOM_BYTES);
  });
});
