import type { SearchAttributePair } from '@temporalio/common';
import type { BatchInput } from './batch/batch';
import { isAttachInput, type ParseInput } from './input';
import { redact } from '../privacy';

/** Longest keyword that every visibility store of Temporal accepts. */
const MAX_KEYWORD_LENGTH = 200;
const MAX_FILE_NAME_LENGTH = 120;

/**
 * Search attributes of this package, all of type Keyword. Names are wire names. The attributes are optional: a workflow
 * updates those that it was started with, and no others.
 */
export const SEARCH_ATTRIBUTES = {
  /** Extend's run id. It is empty until the run id is known. */
  runId: { name: 'ExtendParseRunId', type: 'KEYWORD' },
  /** `SUBMITTING`, then the status of the run at the last poll. */
  status: { name: 'ExtendParseStatus', type: 'KEYWORD' },
  /** Name of the file without its path. */
  fileName: { name: 'ExtendParseFileName', type: 'KEYWORD' },
  /** Workflow id of the batch. It is empty for a document without a batch. */
  batch: { name: 'ExtendParseBatch', type: 'KEYWORD' },
} as const;

/**
 * Gives the command that registers search attributes in a namespace.
 *
 * @param names names of the attributes; default: all
 */
export function searchAttributeCommand(
  namespace: string,
  names: readonly string[] = Object.values(SEARCH_ATTRIBUTES).map(({ name }) => name),
): string {
  const attributes = names.map((name) => `--name ${name} --type Keyword`).join(' ');
  return `temporal operator search-attribute create --namespace ${namespace} ${attributes}`;
}

/**
 * Gives the search attributes for the start of a batch. All are set, so that the server checks all of them now: the
 * documents of the batch use them too.
 */
export function batchAttributes(batch: string): SearchAttributePair[] {
  const { runId, status, fileName } = SEARCH_ATTRIBUTES;
  const empty = [runId, status, fileName].map((key) => ({ key, value: '' }));
  return [...empty, { key: SEARCH_ATTRIBUTES.batch, value: keyword(batch) }];
}

/**
 * Gives the search attributes for the start of a document's workflow. All are set, so that the server checks all of
 * them.
 */
export function openingAttributes(input: ParseInput, batch = ''): SearchAttributePair[] {
  const { runId, status, fileName } = SEARCH_ATTRIBUTES;
  const isAttached = isAttachInput(input);
  return [
    { key: runId, value: isAttached ? keyword(input.runId) : '' },
    { key: status, value: isAttached ? 'ATTACHED' : 'SUBMITTING' },
    { key: fileName, value: nameOfDocument(input) ?? '' },
    { key: SEARCH_ATTRIBUTES.batch, value: keyword(batch) },
  ];
}

/** Cuts a text to the length that a search attribute may have. */
export function keyword(text: string): string {
  return text.slice(0, MAX_KEYWORD_LENGTH);
}

/**
 * Gives the name of a document for people: its file name without path and query, and redacted.
 *
 * @returns `undefined` if only an id is known
 */
export function nameOfDocument(input: ParseInput): string | undefined {
  if (isAttachInput(input)) return undefined;
  const { file } = input;
  const name = file.fileName ?? lastSegment('fileUrl' in file ? file.fileUrl : 'source' in file ? file.source : '');
  return name === '' ? undefined : redact(name).slice(-MAX_FILE_NAME_LENGTH);
}

/** Gives the name of a batch for people: the number of its documents, or the name of its manifest. */
export function nameOfBatch(batch: BatchInput): string {
  if ('manifest' in batch) return nameOfDocument({ file: { source: batch.manifest } }) ?? 'a manifest';
  const { length } = batch.documents;
  return `${length} ${length === 1 ? 'document' : 'documents'}`;
}

function lastSegment(address: string): string {
  const segment =
    address
      .replace(/[?#].*$/s, '')
      .split('/')
      .at(-1) ?? '';
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** Name of the memo in which a workflow has the hash of its document. */
export const DOCUMENT_MEMO = 'extendParseDocument';
