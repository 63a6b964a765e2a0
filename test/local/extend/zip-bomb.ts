import { crc32, deflateRawSync, constants } from 'node:zlib';

/** One entry of a made zip file. */
export interface MadeEntry {
  readonly name: string;
  /** The entry's content, packed by deflate unless it is `stored`. */
  readonly packed: Uint8Array;
  readonly stored?: boolean;
  /** Sizes as the directory declares them. */
  readonly declaredBytes: number;
  readonly crc?: number;
}

const MEGABYTE = Buffer.alloc(1_000_000, ' ');

/**
 * Returns deflated blanks, `megabytes` megabytes when inflated. Each block is complete, so it is repeated without packing
 * it again.
 */
export function packedBlanks(megabytes: number): Uint8Array {
  const block = deflateRawSync(MEGABYTE, { finishFlush: constants.Z_FULL_FLUSH });
  const end = Buffer.from([0x03, 0x00]);
  return Buffer.concat([...Array.from({ length: megabytes }, () => block), end]);
}

/** Creates an entry with this text, or with these bytes, and its true size. */
export function honestEntry(name: string, content: string | Uint8Array): MadeEntry {
  const bytes = Buffer.from(content);
  return { name, packed: deflateRawSync(bytes), declaredBytes: bytes.byteLength, crc: crc32(bytes) };
}

/** Creates a zip file of these entries. */
export function makeZip(entries: readonly MadeEntry[]): Uint8Array {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const { name, packed, stored = false, declaredBytes, crc = 0 } of entries) {
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(stored ? 0 : 8, 4);
    fields.writeUInt32LE(crc, 10);
    fields.writeUInt32LE(packed.byteLength, 14);
    fields.writeUInt32LE(declaredBytes, 18);
    fields.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), fields, Buffer.from(name), packed]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(at, 10);
    directory.push(Buffer.from('PK\x01\x02\x14\x00', 'latin1'), fields, tail, Buffer.from(name));
    parts.push(local);
    at += local.byteLength;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries.length, 4);
  end.writeUInt16LE(entries.length, 6);
  end.writeUInt32LE(central.byteLength, 8);
  end.writeUInt32LE(at, 12);
  return new Uint8Array(Buffer.concat([...parts, central, Buffer.from('PK\x05\x06', 'latin1'), end]));
}
