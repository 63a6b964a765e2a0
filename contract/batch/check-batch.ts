import * as v from 'valibot';
import {
  MAX_BATCH_DOCUMENTS,
  MAX_BULK_WIDTH,
  MAX_DOCUMENT_BYTES,
  MAX_DOCUMENT_ID_BYTES,
  MAX_LIST_BYTES,
  maxWidthOf,
  toParseInput,
  utf8Bytes,
  type BatchDefaults,
  type BatchDocument,
} from './batch';
import {
  describeIssue,
  documentInput,
  findInputProblem,
  findLimitProblem,
  listProblems,
  oneOf,
  show,
  sourceName,
  whole,
  type InputCheckOptions,
} from '../check-input';
import { isDeeperThan, isPlainObject, MAX_LEVELS } from '../../json';

/** The list and the document, which enclose `config`. */
const LEVELS_ABOVE_CONFIG = 2;

/** Schema for an input of `parseBatch`. The documents of a list are checked one by one, and the width by the submission. */
export const batchInput = v.strictObject({
  documents: v.optional(v.custom<readonly unknown[]>(Array.isArray, 'must be an array of documents')),
  manifest: v.optional(sourceName),
  defaults: v.optional(v.pipe(v.custom<object>(isPlainObject, 'must be an object'), v.omit(documentInput, ['file']))),
  submission: v.optional(oneOf('each', 'bulk')),
  width: v.optional(whole(1, MAX_BULK_WIDTH)),
  onBadLine: v.optional(oneOf('skip', 'fail')),
  stopAfterFailures: v.optional(whole(1, MAX_BATCH_DOCUMENTS)),
  onCancel: v.optional(oneOf('cancel', 'abandon')),
  retryFailed: v.optional(v.boolean('must be true or false')),
});

/**
 * Checks the input of `parseBatch`, with each document of a list. The worker checks the documents of a manifest.
 *
 * @returns sentences with the wrong fields, the rules and the values; `undefined` if the input is right.
 */
export function findBatchProblem(input: unknown, options: InputCheckOptions = {}): string | undefined {
  if (!isPlainObject(input)) return `input must be an object, got ${show(input)}`;
  if ('documents' in input === 'manifest' in input) return "input must have one of 'documents', 'manifest'";
  const widthProblem = findWidthProblem(input);
  if (widthProblem !== undefined) return widthProblem;
  const checked = v.safeParse(batchInput, input, { abortPipeEarly: true });
  if (!checked.success) return listProblems(checked.issues.map(describeIssue));
  const { documents, defaults } = input as { documents?: unknown[]; defaults?: BatchDefaults };
  if (!isStored(defaults?.result)) return `defaults.result ${STORED_ONLY}, got ${show(defaults?.result)}`;
  const limitProblem = options.limits === false ? undefined : findLimitProblem(defaults ?? {});
  if (limitProblem !== undefined) return `defaults.${limitProblem}`;
  return documents === undefined ? undefined : findListProblem(documents, defaults, options);
}

/** The limit of the width depends on the submission. */
function findWidthProblem({ submission, width }: { readonly submission?: unknown; readonly width?: unknown }) {
  const maxWidth = maxWidthOf({ submission: submission === 'bulk' ? 'bulk' : 'each' });
  const isRight = width === undefined || v.is(whole(1, maxWidth), width);
  return isRight ? undefined : `width must be a whole number from 1 to ${maxWidth}, got ${show(width)}`;
}

const STORED_ONLY = "must be 'stored' in a batch";

function isStored(result: unknown): boolean {
  return result === undefined || result === 'stored';
}

function findListProblem(
  documents: readonly unknown[],
  defaults: BatchDefaults | undefined,
  options: InputCheckOptions,
): string | undefined {
  if (documents.length === 0) return 'documents must hold at least one document, got none';
  // A list that is nested more deeply could not be written as JSON. The check of its documents below refuses one of
  // them.
  const bytes = isDeeperThan(documents, MAX_LEVELS + LEVELS_ABOVE_CONFIG) ? 0 : utf8Bytes(JSON.stringify(documents));
  if (bytes > MAX_LIST_BYTES) {
    return `documents must have at most ${MAX_LIST_BYTES} bytes of JSON, got ${bytes} in ${documents.length} documents: give them as a 'manifest'`;
  }
  const ids = new DocumentIds();
  const problems: string[] = [];
  for (const [index, document] of documents.entries()) {
    const problem = findDocumentProblem(document, defaults, options) ?? ids.take(document as BatchDocument, index + 1);
    if (problem !== undefined) problems.push(`documents[${index}]: ${problem}`);
  }
  return problems.length === 0 ? undefined : listProblems(problems);
}

/** Checks one document of a batch, together with the defaults. @returns the problem; `undefined` if there is none */
export function findDocumentProblem(
  document: unknown,
  defaults?: BatchDefaults,
  options: InputCheckOptions = {},
): string | undefined {
  if (!isPlainObject(document)) return `a document must be an object, got ${show(document)}`;
  const { id, result, ...own } = document;
  if (id !== undefined && !isDocumentId(id)) {
    return `id must be a string of 1 to ${MAX_DOCUMENT_ID_BYTES} bytes without control characters, got ${show(id)}`;
  }
  if (!isStored(result)) return `result ${STORED_ONLY}, got ${show(result)}`;
  const problem = findInputProblem(own, options);
  if (problem !== undefined) return problem;
  const bytes = utf8Bytes(JSON.stringify(toParseInput(document as unknown as BatchDocument, defaults)));
  if (bytes <= MAX_DOCUMENT_BYTES) return undefined;
  return `a document must have at most ${MAX_DOCUMENT_BYTES} bytes of JSON with the defaults, got ${bytes}`;
}

function isDocumentId(id: unknown): boolean {
  return typeof id === 'string' && id !== '' && !/\p{Cc}/u.test(id) && utf8Bytes(id) <= MAX_DOCUMENT_ID_BYTES;
}

/** The ids of a batch's documents. Each is unique. */
export class DocumentIds {
  readonly #positions = new Map<string, number>();

  /**
   * Takes a document's id, or its position if it has none.
   *
   * @returns the problem, if an earlier document has the same id
   */
  take({ id = '' }: Pick<BatchDocument, 'id'>, position: number): string | undefined {
    const own = id || String(position);
    const taken = this.#positions.get(own);
    if (taken !== undefined) return `id must be unique, got ${show(own)} as in ${taken}`;
    this.#positions.set(own, position);
    return undefined;
  }
}
