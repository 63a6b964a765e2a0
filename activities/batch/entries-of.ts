import { cancellationSignal } from '@temporalio/activity';
import {
  DocumentIds,
  findDocumentProblem,
  MAX_BATCH_DOCUMENTS,
  MAX_DOCUMENT_BYTES,
  toParseInput,
  type BatchDefaults,
  type BatchDocument,
  type BatchInput,
} from '../../contract';
import { errorMessage, linesOf } from '../../json';
import { createRedactor, urlSecrets } from '../../privacy';
import { documentHash } from '../../storage/document-hash';
import { closeSource, openSource, resolverFailure, type OpenSourceOptions } from '../open-source';
import { finalFailure } from '../to-application-failure';
import type { PageDocument } from '../types';

/** Settings that open a manifest. */
export type ManifestOptions = Pick<OpenSourceOptions, 'sources' | 'extend'>;

/** An entry of the list or a line of the manifest. Its position is counted from 1. */
export type BatchEntry =
  | { readonly position: number; readonly document: PageDocument }
  /** The entry is not a document. */
  | { readonly position: number; readonly problem: string };

/**
 * Gives the documents of a batch in order. Each is checked and has an id of its own. Blank lines of a manifest are
 * ignored.
 *
 * @throws ApplicationFailure `InvalidInput`, final, after 100,000 documents; and as `openSource` for the manifest.
 */
export async function* entriesOf(batch: BatchInput, options: ManifestOptions): AsyncGenerator<BatchEntry, void> {
  const ids = new DocumentIds();
  let count = 0;
  const values = 'manifest' in batch ? valuesOf(batch.manifest, options) : listed(batch);
  for await (const { position, value, problem } of values) {
    count += 1;
    if (count > MAX_BATCH_DOCUMENTS) {
      throw finalFailure('InvalidInput', `a batch must have at most ${MAX_BATCH_DOCUMENTS} documents`, {});
    }
    const wrong = problem ?? findDocumentProblem(value, batch.defaults) ?? ids.take(value as BatchDocument, position);
    if (wrong === undefined) yield { position, document: toDocument(value as BatchDocument, position, batch.defaults) };
    else yield { position, problem: wrong };
  }
}

interface Value {
  readonly position: number;
  readonly value?: unknown;
  readonly problem?: string;
}

function toDocument(document: BatchDocument, position: number, defaults: BatchDefaults | undefined): PageDocument {
  const input = toParseInput(document, defaults);
  return { id: document.id ?? String(position), input, hash: documentHash(input) };
}

function* listed({ documents }: Extract<BatchInput, { documents: unknown }>): Generator<Value, void> {
  for (const [index, value] of documents.entries()) yield { position: index + 1, value };
}

async function* valuesOf(manifest: string, options: ManifestOptions): AsyncGenerator<Value, void> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  for await (const { number: position, bytes } of linesOf(readManifest(manifest, options), MAX_DOCUMENT_BYTES)) {
    if (bytes === undefined) {
      yield { position, problem: `a line must have at most ${MAX_DOCUMENT_BYTES} bytes` };
      continue;
    }
    try {
      const text = decoder.decode(bytes);
      if (text.trim() !== '') yield { position, value: JSON.parse(text) };
    } catch {
      // The parser's own message may repeat parts of the line.
      yield { position, problem: 'a line must be JSON in UTF-8' };
    }
  }
}

async function* readManifest(manifest: string, options: ManifestOptions): AsyncGenerator<Uint8Array, void> {
  const signal = cancellationSignal();
  const opened = await openSource(manifest, { ...options, signal });
  try {
    yield* 'fileUrl' in opened ? await download(opened.fileUrl, signal) : opened.content.stream();
  } finally {
    await closeSource(opened);
  }
}

async function download(fileUrl: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
  try {
    const { ok, status, body } = await fetch(fileUrl, { signal });
    if (ok && body !== null) return body;
    throw new Error(`the manifest's URL answered ${status}`);
  } catch (error) {
    signal.throwIfAborted();
    // The URL is secret, and the network's message may repeat it.
    const secrets = urlSecrets(fileUrl);
    const message = errorMessage(error);
    throw resolverFailure(createRedactor(() => secrets).text(message));
  }
}
