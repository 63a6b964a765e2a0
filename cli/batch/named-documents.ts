import { createReadStream } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { MAX_DOCUMENT_BYTES, MAX_DOCUMENT_ID_BYTES, utf8Bytes } from '../../contract';
import { defined, linesOf } from '../../json';
import type { Document } from '../documents';

/** The facts about a document of a batch that the command needs before the batch starts. */
export interface NamedDocument {
  /** The id under which the batch reports the document. */
  readonly id: string;
  /** Path of the document, if it is a file of this machine. */
  readonly path?: string;
}

/**
 * The documents of a command line. Their ids are their labels. If a label is not unique or too long, the position is
 * the id.
 */
export function namedDocumentsOf(documents: readonly Document[]): NamedDocument[] {
  const ids = toIds(documents);
  return documents.map(({ label, location }, index) => ({
    id: ids.has(label) ? label : `${index + 1}`,
    ...defined({ path: 'path' in location ? location.path : undefined }),
  }));
}

/**
 * The documents of a manifest, read as the worker reads it. Lines that are not documents are left out, because the batch
 * itself reports them.
 */
export async function namedDocumentsOfManifest(path: string): Promise<NamedDocument[]> {
  const named: NamedDocument[] = [];
  for await (const { number, bytes } of linesOf(createReadStream(path), MAX_DOCUMENT_BYTES)) {
    const document = bytes && readLine(bytes, `${number}`);
    if (document !== undefined) named.push(document);
  }
  return named;
}

/** Labels that can be ids: each belongs to one document only, and is not too long. */
export function toIds(documents: readonly Document[]): ReadonlySet<string> {
  const seen = new Set<string>();
  const twice = new Set(documents.map(({ label }) => label).filter((label) => seen.size === seen.add(label).size));
  return new Set([...seen].filter((label) => !twice.has(label) && utf8Bytes(label) <= MAX_DOCUMENT_ID_BYTES));
}

/** Reads a line. A byte order mark before the JSON is ignored. The scheme of a source may be in upper case. */
function readLine(bytes: Uint8Array, line: string): NamedDocument | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    const { id = line, file } = JSON.parse(text) as { id?: unknown; file?: { source?: unknown } };
    if (typeof id !== 'string') return undefined;
    const source = file?.source;
    return typeof source === 'string' && /^file:/i.test(source) ? { id, path: fileURLToPath(source) } : { id };
  } catch {
    return undefined;
  }
}
