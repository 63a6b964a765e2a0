import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BatchDocument, BatchInput } from '../../contract';
import { defined } from '../../json';
import type { Document } from '../documents';
import { EMULATOR_POLLING } from '../parse-call';
import type { ParseServices } from '../parse-services';
import { type BatchArguments, toListName } from './batch-arguments';
import { toIds } from './named-documents';

/** Permissions for the current user only, because the list of documents holds URLs. */
const PRIVATE_FILE = 0o600;

/** The input of the batch. Workers of other processes cannot open a list that this call writes, so they get the documents. */
export function toInput(given: BatchArguments, manifest: Document | undefined, services: ParseServices): BatchInput {
  const { bulk, width, stopAfter, retryFailed, documents, isManifest } = given;
  const list = manifest ?? (isManifest ? documents[0] : undefined);
  const ids = toIds(documents);
  return {
    ...(list === undefined
      ? { documents: documents.map((document) => toLine(document, ids)) }
      : { manifest: pathToFileURL('path' in list.location ? list.location.path : '').href }),
    ...defined({
      defaults: services.local.extend ? { polling: EMULATOR_POLLING } : undefined,
      submission: bulk ? 'bulk' : undefined,
      width,
      stopAfterFailures: stopAfter,
      retryFailed: retryFailed || undefined,
    }),
  };
}

/** The summary in Temporal's UI. `undefined` for a given manifest, whose name is a better one. */
export function toSummary({ documents, isManifest }: BatchArguments): string | undefined {
  return isManifest ? undefined : `parse ${documents.length} ${documents.length === 1 ? 'document' : 'documents'}`;
}

/** The given manifest. For files and URLs it writes one, because there may be too many of them for a list. */
export async function manifestOf({ documents, isManifest, key }: BatchArguments, kept: string): Promise<Document> {
  const [first] = documents;
  if (isManifest && first) return first;
  const path = join(kept, toListName(key));
  const ids = toIds(documents);
  const lines = documents.map((document) => `${JSON.stringify(toLine(document, ids))}\n`);
  await rm(path, { force: true });
  await writeFile(path, lines.join(''), { mode: PRIVATE_FILE, flag: 'wx' });
  return { input: path, label: path, location: { path } };
}

/**
 * Deletes the manifest that this command wrote, because it holds URLs with their queries. Each call writes it again.
 */
export async function removeManifest({ isManifest }: BatchArguments, manifest: Document | undefined): Promise<void> {
  if (manifest === undefined || isManifest) return;
  if ('path' in manifest.location) await rm(manifest.location.path, { force: true });
}

/**
 * A line of the manifest. A document's label is its id, if it can be: the path of a file, or a URL without its query. A
 * batch that is started again recognizes its documents by their ids.
 */
function toLine({ input, label, location }: Document, ids: ReadonlySet<string>): BatchDocument {
  const id = defined({ id: ids.has(label) ? label : undefined });
  if ('url' in location) return { ...id, file: { fileUrl: location.url } };
  const fileName = input.split(/[/\\]/).at(-1) ?? input;
  return { ...id, file: { source: pathToFileURL(location.path).href, fileName } };
}
