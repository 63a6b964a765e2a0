/** A line of a text. */
export interface Line {
  /** Position of the line, counted from 1. */
  readonly number: number;
  /** The line without its line feed; absent if it is longer than allowed. */
  readonly bytes?: Uint8Array;
}

const LINE_FEED = 0x0a;

/** Splits bytes into lines as they arrive. At most one line is in memory, and none that is longer than `maxBytes`. */
export async function* linesOf(parts: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Line, void> {
  let pieces: Uint8Array[] = [];
  let bytes = 0;
  let number = 0;
  const hold = (piece: Uint8Array) => {
    bytes += piece.length;
    if (bytes > maxBytes) pieces = [];
    else pieces.push(piece);
  };
  const endLine = (): Line => {
    number += 1;
    const line = bytes > maxBytes ? { number } : { number, bytes: join(pieces, bytes) };
    pieces = [];
    bytes = 0;
    return line;
  };
  for await (const part of parts) {
    let start = 0;
    for (let end = part.indexOf(LINE_FEED); end >= 0; end = part.indexOf(LINE_FEED, start)) {
      hold(part.subarray(start, end));
      yield endLine();
      start = end + 1;
    }
    hold(part.subarray(start));
  }
  if (bytes > 0) yield endLine();
}

function join(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const joined = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}
