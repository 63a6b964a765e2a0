import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The bytes of a committed sample document. */
export function sampleDocument(name: string): Uint8Array {
  return new Uint8Array(readFileSync(join(__dirname, '../..', 'documents', name)));
}

/** A copy with one byte changed. */
export function withByte(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const copy = new Uint8Array(bytes);
  copy[at] = value;
  return copy;
}
