import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { MAX_DOCUMENT_ID_BYTES, utf8Bytes } from '../../contract';
import { defined } from '../../json';
import type { Document } from '../documents';

/** The facts about a document of a batch that the command needs before the batch starts. */
export interface BatchEntry {
  /** The id under which the batch reports the document. */
  readonly id: string;
  /** Path of the document, if it is a file of this machine. */
  readonly path?: string;
}

/**
 * The documents of a command line. Their ids are their labels. If a label is not unique or too long, the position is
 * the id.
 */
export function entriesOfDocuments(documents: readonly Document[]): BatchEntry[] {
  const ids = toIds(documents);
  return documents.map(({ label, location }, index) => ({
    id: ids.has(label) ? label : `${index + 1}`,
    ...defined({ path: 'path' in location ? location.path : undefined }),
  }));
}

/** The documents of a manifest. Lines that are not documents are left out, because the batch itself reports them. */
export async function entriesOfManifest(path: string): Promise<BatchEntry[]> {
  const entries: BatchEntry[] = [];
  let line = 0;
  for await (const text of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
    line += 1;
    const entry = text.trim() === '' ? undefined : readEntry(text, `${line}`);
    if (entry !== undefined) entries.push(entry);
  }
  return entries;
}

/** Labels that can be ids: each belongs to one document only, and is not too long. */
export function toIds(documents: readonly Document[]): ReadonlySet<string> {
  const seen = new Set<string>();
  const twice = new Set(documents.map(({ label }) => label).filter((label) => seen.size === seen.add(label).size));
  return new Set([...seen].filter((label) => !twice.has(label) && utf8Bytes(label) <= MAX_DOCUMENT_ID_BYTES));
}

function readEntry(text: string, line: string): BatchEntry | undefined {
  try {
    const { id = line, file } = JSON.parse(text) as { id?: unknown; file?: { source?: unknown } };
    if (typeof id !== 'string') return undefined;
    const source = file?.source;
    return typeof source === 'string' && source.startsWith('file:') ? { id, path: fileURLToPath(source) } : { id };
  } catch {
    return undefined;
  }
}
