import { crc32, inflateRawSync } from 'node:zlib';
import { readZipDirectory, type ZipEntry } from '../zip-directory';
import { ParsingFailure } from './parsing-failure';

const LOCAL_SIGNATURE = 0x04034b50;
const CENTRAL_SIGNATURE = 0x02014b50;
const END_SIGNATURE = 0x06054b50;
const LOCAL_HEADER_BYTES = 30;
const CENTRAL_HEADER_BYTES = 46;
const END_BYTES = 22;

const STORED = 0;
const DEFLATED = 8;
const ENCRYPTED_FLAG = 0x0001;
const UTF8_FLAG = 0x0800;
/** Version of the format that a reader needs: 2.0. */
const VERSION = 20;

/**
 * Unpacks a zip file and packs its entries again, uncompressed. So a document cannot make a parser unpack more than is
 * measured here: no entry may unpack to more than the directory declares, and `identifyFile` limits the sum.
 *
 * @param changed entries that get another content, by name
 * @throws ParsingFailure `CORRUPT_FILE` for an entry that is damaged, or larger or smaller than declared, and for any
 * compression method other than deflate.
 */
export function repackZip(bytes: Uint8Array, changed: ReadonlyMap<string, Uint8Array> = new Map()): Uint8Array {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries = readZipDirectory(bytes);
  if (entries === undefined) throw new ParsingFailure('CORRUPT_FILE');
  const bytesOf = ({ name, uncompressedBytes }: ZipEntry) => changed.get(name)?.byteLength ?? uncompressedBytes;
  const size = entries.reduce((sum, entry) => sum + bytesOf(entry) + headerBytes(entry), END_BYTES);
  const packed = Buffer.alloc(size);
  const directory: Buffer[] = [];
  let at = 0;
  for (const entry of entries) {
    const content = changed.get(entry.name) ?? unpack(view, entry);
    const fields = toFields(entry, content);
    directory.push(toCentralHeader(entry, fields, at));
    packed.writeUInt32LE(LOCAL_SIGNATURE, at);
    at = append(packed, at + 4, fields, entry.nameBytes, content);
  }
  const directoryAt = at;
  at = append(packed, at, ...directory);
  append(packed, at, toEnd(entries.length, directoryAt, at - directoryAt));
  return packed;
}

/**
 * Unpacks the entries of a zip file whose names match.
 *
 * @throws ParsingFailure as {@link repackZip}.
 */
export function unpackEntries(bytes: Uint8Array, name: RegExp): Map<string, Uint8Array> {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const matching = (readZipDirectory(bytes) ?? []).filter((entry) => name.test(entry.name));
  return new Map(matching.map((entry) => [entry.name, unpack(view, entry)]));
}

function headerBytes({ nameBytes }: ZipEntry): number {
  return LOCAL_HEADER_BYTES + CENTRAL_HEADER_BYTES + 2 * nameBytes.byteLength;
}

/** Unpacks one entry. It uses the sizes of the directory, because the local header may have none. */
function unpack(
  view: Buffer,
  { localHeaderAt, compressedBytes, uncompressedBytes, method, flags }: ZipEntry,
): Uint8Array {
  const isWhole = localHeaderAt + LOCAL_HEADER_BYTES <= view.byteLength;
  if (!isWhole || view.readUInt32LE(localHeaderAt) !== LOCAL_SIGNATURE || (flags & ENCRYPTED_FLAG) !== 0) {
    throw new ParsingFailure('CORRUPT_FILE');
  }
  const extraBytes = view.readUInt16LE(localHeaderAt + 26) + view.readUInt16LE(localHeaderAt + 28);
  const start = localHeaderAt + LOCAL_HEADER_BYTES + extraBytes;
  const packed = view.subarray(start, start + compressedBytes);
  const content = method === DEFLATED ? inflate(packed, uncompressedBytes) : packed;
  if ((method !== DEFLATED && method !== STORED) || content.byteLength !== uncompressedBytes) {
    throw new ParsingFailure('CORRUPT_FILE');
  }
  return content;
}

function inflate(packed: Uint8Array, maxBytes: number): Uint8Array {
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(1, maxBytes) });
  } catch (error) {
    throw new ParsingFailure('CORRUPT_FILE', error);
  }
}

/** Creates the fields that local and central header have in common, without times and extra fields. */
function toFields({ flags, nameBytes }: ZipEntry, content: Uint8Array): Buffer {
  const fields = Buffer.alloc(LOCAL_HEADER_BYTES - 4);
  fields.writeUInt16LE(VERSION, 0);
  fields.writeUInt16LE(flags & UTF8_FLAG, 2);
  fields.writeUInt16LE(STORED, 4);
  fields.writeUInt32LE(crc32(content), 10);
  fields.writeUInt32LE(content.byteLength, 14);
  fields.writeUInt32LE(content.byteLength, 18);
  fields.writeUInt16LE(nameBytes.byteLength, 22);
  return fields;
}

function toCentralHeader({ nameBytes }: ZipEntry, fields: Buffer, localHeaderAt: number): Buffer {
  const header = Buffer.alloc(CENTRAL_HEADER_BYTES);
  header.writeUInt32LE(CENTRAL_SIGNATURE, 0);
  header.writeUInt16LE(VERSION, 4);
  fields.copy(header, 6);
  header.writeUInt32LE(localHeaderAt, 42);
  return Buffer.concat([header, nameBytes]);
}

function toEnd(entries: number, directoryAt: number, directoryBytes: number): Buffer {
  const end = Buffer.alloc(END_BYTES);
  end.writeUInt32LE(END_SIGNATURE, 0);
  end.writeUInt16LE(entries, 8);
  end.writeUInt16LE(entries, 10);
  end.writeUInt32LE(directoryBytes, 12);
  end.writeUInt32LE(directoryAt, 16);
  return end;
}

/** Copies the parts one behind the other, and returns the position behind the last part. */
function append(target: Buffer, position: number, ...parts: readonly Uint8Array[]): number {
  let at = position;
  for (const part of parts) {
    target.set(part, at);
    at += part.byteLength;
  }
  return at;
}
