import { cancellationSignal } from '@temporalio/activity';
import {
  DocumentIds,
  errorMessage,
  findDocumentProblem,
  MAX_BATCH_DOCUMENTS,
  MAX_DOCUMENT_BYTES,
  toParseInput,
  type BatchDefaults,
  type BatchDocument,
  type BatchInput,
} from '../../contract';
import { createRedactor, urlSecrets } from '../../privacy';
import { linesOf } from './lines';
import { closeSource, openSource, resolverFailure, type OpenSourceOptions } from '../open-source';
import { finalFailure } from '../to-application-failure';
import type { PageDocument } from '../types';

/** Settings that open a manifest. */
export type ManifestOptions = Pick<OpenSourceOptions, 'sources' | 'extend'>;

/** A place in the list, or a line of the manifest. */
export type BatchEntry =
  | { readonly place: number; readonly document: PageDocument }
  /** It is no document. */
  | { readonly place: number; readonly problem: string };

/**
 * Gives the documents of a batch in order, each checked, and each by an id of its own. Blank lines of a manifest are
 * passed over; places and lines are counted from 1.
 *
 * @throws ApplicationFailure `InvalidInput`, final, after 100,000; as `openSource` does for the manifest.
 */
export async function* entriesOf(batch: BatchInput, options: ManifestOptions): AsyncGenerator<BatchEntry, void> {
  const ids = new DocumentIds();
  let count = 0;
  for await (const { place, value, problem } of 'manifest' in batch
    ? valuesOf(batch.manifest, options)
    : listed(batch)) {
    count += 1;
    if (count > MAX_BATCH_DOCUMENTS) {
      throw finalFailure('InvalidInput', `a batch must have at most ${MAX_BATCH_DOCUMENTS} documents`, {});
    }
    const wrong = problem ?? findDocumentProblem(value, batch.defaults) ?? ids.take(value as BatchDocument, place);
    if (wrong === undefined) yield { place, document: toDocument(value as BatchDocument, place, batch.defaults) };
    else yield { place, problem: wrong };
  }
}

interface Value {
  readonly place: number;
  readonly value?: unknown;
  readonly problem?: string;
}

function toDocument(document: BatchDocument, place: number, defaults: BatchDefaults | undefined): PageDocument {
  return { id: document.id ?? String(place), input: toParseInput(document, defaults) };
}

function* listed({ documents }: Extract<BatchInput, { documents: unknown }>): Generator<Value, void> {
  for (const [index, value] of documents.entries()) yield { place: index + 1, value };
}

async function* valuesOf(manifest: string, options: ManifestOptions): AsyncGenerator<Value, void> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  for await (const { number: place, bytes } of linesOf(readManifest(manifest, options), MAX_DOCUMENT_BYTES)) {
    if (bytes === undefined) {
      yield { place, problem: `a line must have at most ${MAX_DOCUMENT_BYTES} bytes` };
      continue;
    }
    try {
      const text = decoder.decode(bytes);
      if (text.trim() !== '') yield { place, value: JSON.parse(text) };
    } catch {
      // What the parser says may repeat what it read.
      yield { place, problem: 'a line must be JSON in UTF-8' };
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
    // The URL is secret, and may be in what the network says.
    const secrets = urlSecrets(fileUrl);
    const message = errorMessage(error);
    throw resolverFailure(createRedactor(() => secrets).text(message));
  }
}
