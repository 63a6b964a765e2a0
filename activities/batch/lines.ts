/** A line of a text, counted from 1. */
export interface Line {
  readonly number: number;
  /** Without its end; absent where it is longer than allowed. */
  readonly bytes?: Uint8Array;
}

const LINE_FEED = 0x0a;

/** Cuts what arrives into lines. No more than one line is held, and none that is longer than `maxBytes`. */
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
    const line = { number: (number += 1), ...(bytes <= maxBytes && { bytes: Buffer.concat(pieces) }) };
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
