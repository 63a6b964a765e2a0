import type { SearchAttributePair } from '@temporalio/common';
import { isAttachInput, type ParseInput } from './input';

/** As long as every visibility store of Temporal takes a keyword. */
const MAX_KEYWORD_LENGTH = 200;
const MAX_FILE_NAME_LENGTH = 120;

/**
 * The search attributes of this package, all of type Keyword. Names are wire names. Nobody needs them: a workflow keeps up
 * to date those that it was started with, and no others.
 */
export const SEARCH_ATTRIBUTES = {
  /** Extend's run id; empty until it is known. */
  runId: { name: 'ExtendParseRunId', type: 'KEYWORD' },
  /** `SUBMITTING`, then the run's status as last read. */
  status: { name: 'ExtendParseStatus', type: 'KEYWORD' },
  /** Name of the file, without its path. */
  fileName: { name: 'ExtendParseFileName', type: 'KEYWORD' },
  /** Workflow id of the batch; empty for a document on its own. */
  batch: { name: 'ExtendParseBatch', type: 'KEYWORD' },
} as const;

/** The command that registers search attributes in a namespace. @param names those of all unless given */
export function searchAttributeCommand(
  namespace: string,
  names: readonly string[] = Object.values(SEARCH_ATTRIBUTES).map(({ name }) => name),
): string {
  const attributes = names.map((name) => `--name ${name} --type Keyword`).join(' ');
  return `temporal operator search-attribute create --namespace ${namespace} ${attributes}`;
}

/** What a batch is started with. Each is there, so that the server checks each: the batch's documents have them too. */
export function batchAttributes(batch: string): SearchAttributePair[] {
  const { runId, status, fileName } = SEARCH_ATTRIBUTES;
  const empty = [runId, status, fileName].map((key) => ({ key, value: '' }));
  return [...empty, { key: SEARCH_ATTRIBUTES.batch, value: keyword(batch) }];
}

/** What a document's workflow is started with, so that it is found by these. Each is there, so that the server checks each. */
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

/** Cuts a text to what a search attribute may hold. */
export function keyword(text: string): string {
  return text.slice(0, MAX_KEYWORD_LENGTH);
}

/** What a person calls the document: its file name, without path or query. None where only an id is known. */
export function nameOfDocument(input: ParseInput): string | undefined {
  if (isAttachInput(input)) return undefined;
  const { file } = input;
  const name = file.fileName ?? lastSegment('fileUrl' in file ? file.fileUrl : 'source' in file ? file.source : '');
  return name === '' ? undefined : name.slice(-MAX_FILE_NAME_LENGTH);
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
