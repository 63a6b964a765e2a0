import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { RefusedRequest } from './refused-request';

/** Largest multipart frame around the largest document, in bytes. */
const FRAME_BYTES = 1_000_000;

/** Decoders of a body, by the word of `Content-Encoding`. */
const DECODERS: Readonly<Record<string, () => Duplex>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/**
 * Receives a body as a whole and decompresses it. Returns a refusal for a body that cannot contain a document of at most
 * `maxInputBytes`, compressed or not, for one that is compressed in an unknown way, and for one that cannot be
 * decompressed.
 *
 * @throws Error if the client breaks the connection.
 */
export async function receiveBody(message: IncomingMessage, maxInputBytes: number): Promise<Buffer | RefusedRequest> {
  const maxBytes = maxInputBytes + FRAME_BYTES;
  const tooLarge = new RefusedRequest(400, `The limit is ${maxInputBytes} bytes`, 'FILE_SIZE_TOO_LARGE');
  const encoding = (message.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  const body = await readUpTo(message, maxBytes);
  if (body === undefined) return tooLarge;
  if (encoding === 'identity') return body;
  const createDecoder = Object.hasOwn(DECODERS, encoding) ? DECODERS[encoding] : undefined;
  if (createDecoder === undefined) {
    return new RefusedRequest(415, `Content-Encoding must be gzip, deflate or br, got ${JSON.stringify(encoding)}`);
  }
  const decoder = createDecoder();
  decoder.end(body);
  try {
    return (await decodedUpTo(decoder, maxBytes)) ?? tooLarge;
  } catch {
    return new RefusedRequest(400, `The body is not compressed by ${encoding}, as its Content-Encoding says`);
  }
}

/** Reads a whole body, and keeps nothing of one that is too large. A client that still sends could lose the answer. */
async function readUpTo(body: AsyncIterable<Buffer>, maxBytes: number): Promise<Buffer | undefined> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of body) {
    bytes += piece.byteLength;
    if (bytes <= maxBytes) pieces.push(piece);
    else pieces.length = 0;
  }
  return bytes > maxBytes ? undefined : Buffer.concat(pieces);
}

/** Decompresses up to the limit, and stops there: a small body may decompress to terabytes. */
async function decodedUpTo(decoder: AsyncIterable<Buffer>, maxBytes: number): Promise<Buffer | undefined> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of decoder) {
    bytes += piece.byteLength;
    if (bytes > maxBytes) return undefined;
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}
