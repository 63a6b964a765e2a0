/** One entry of a zip file's directory, as the directory declares it. */
export interface ZipEntry {
  readonly name: string;
  readonly uncompressedBytes: number;
}

const END_SIGNATURE = 0x06054b50;
const ENTRY_SIGNATURE = 0x02014b50;
const END_BYTES = 22;
const ENTRY_BYTES = 46;
/** The end record may be followed by a comment of this size. */
const MAX_COMMENT_BYTES = 65_535;

/**
 * Reads the directory at the end of a zip file, unpacking nothing: enough to tell which kind of Office file it is, and
 * how large it claims to become. `undefined` if there is no whole directory. Does not read ZIP64.
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
    const nameBytes = view.readUInt16LE(at + 28);
    const name = view.toString('utf8', at + ENTRY_BYTES, at + ENTRY_BYTES + nameBytes);
    entries.push({ name, uncompressedBytes: view.readUInt32LE(at + 24) });
    at += ENTRY_BYTES + nameBytes + view.readUInt16LE(at + 30) + view.readUInt16LE(at + 32);
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
