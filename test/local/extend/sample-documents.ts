import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Reads a committed sample document. */
export function sampleDocument(name: string): Uint8Array {
  return new Uint8Array(readFileSync(join(__dirname, '../..', 'documents', name)));
}

/** Returns a copy with one byte changed. */
export function withByte(bytes: Uint8Array, position: number, value: number): Uint8Array {
  const copy = new Uint8Array(bytes);
  copy[position] = value;
  return copy;
}
