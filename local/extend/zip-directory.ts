/** One entry of a zip file's directory, as the directory declares it. */
export interface ZipEntry {
  readonly name: string;
  /** Bytes of the name, in an unknown encoding. */
  readonly nameBytes: Uint8Array;
  /** General purpose bits: 0 for an encrypted entry, 11 for a name in UTF-8. */
  readonly flags: number;
  /** 0 for an entry that is stored as it is, 8 for deflate. */
  readonly method: number;
  readonly compressedBytes: number;
  readonly uncompressedBytes: number;
  /** Position of the local header, which the content follows. */
  readonly localHeaderAt: number;
}

const END_SIGNATURE = 0x06054b50;
const ENTRY_SIGNATURE = 0x02014b50;
const END_BYTES = 22;
const ENTRY_BYTES = 46;
/** Largest comment that may follow the end record, in bytes. */
const MAX_COMMENT_BYTES = 65_535;

/**
 * Reads the directory at the end of a zip file, and unpacks nothing. The directory tells the type of an Office file and
 * the size to which it claims to unpack. Returns `undefined` if there is no complete directory. Does not read ZIP64.
 */
export function readZipDirectory(bytes: Uint8Array): readonly ZipEntry[] | undefined {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = findEnd(view);
  if (end === undefined) return undefined;
  const count = view.readUInt16LE(end + 10);
  let at = view.readUInt32LE(end + 16);
  const entries: ZipEntry[] = [];
  for (let index = 0; index < count; index += 1) {
    if (at + ENTRY_BYTES > end || view.readUInt32LE(at) !== ENTRY_SIGNATURE) return undefined;
    const nameLength = view.readUInt16LE(at + 28);
    const nameBytes = view.subarray(at + ENTRY_BYTES, at + ENTRY_BYTES + nameLength);
    entries.push({
      name: nameBytes.toString('utf8'),
      nameBytes,
      flags: view.readUInt16LE(at + 8),
      method: view.readUInt16LE(at + 10),
      compressedBytes: view.readUInt32LE(at + 20),
      uncompressedBytes: view.readUInt32LE(at + 24),
      localHeaderAt: view.readUInt32LE(at + 42),
    });
    at += ENTRY_BYTES + nameLength + view.readUInt16LE(at + 30) + view.readUInt16LE(at + 32);
  }
  return entries;
}

function findEnd(view: Buffer): number | undefined {
  const lowest = Math.max(0, view.byteLength - END_BYTES - MAX_COMMENT_BYTES);
  for (let at = view.byteLength - END_BYTES; at >= lowest; at -= 1) {
    if (view.readUInt32LE(at) === END_SIGNATURE) return at;
  }
  return undefined;
}
