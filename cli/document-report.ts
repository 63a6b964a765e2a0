import { toMarkdown, type FailureDetails, type ParseResult } from '../contract';
import { defined } from '../json';

/** The failure of a document, as `--json` prints it. */
export interface ReportedFailure {
  /**
   * A failure type of the package; `OutputNotWritten` if the files of the result could not be written;
   * `InputNotReadable` if the argument cannot be a document.
   */
  readonly type: string;
  /** The failure in words. */
  readonly message: string;
  /** The known facts about the run. */
  readonly details: FailureDetails;
}

/** The outcome of a document, as `--json` prints it. */
export interface DocumentReport {
  /** The argument that named the document; a URL without user name and password, and with `?***` for its query. */
  readonly input: string;
  readonly status: 'processed' | 'failed';
  /** Extend's run id, if it is known. */
  readonly runId?: string;
  /** Pages that Extend parsed, if Extend reports them. */
  readonly pageCount?: number;
  /** `true` if the result has no text at all; absent otherwise. */
  readonly empty?: true;
  /** Path of the markdown file. */
  readonly markdown?: string;
  /** Path of the file with the workflow's result. */
  readonly json?: string;
  readonly failure?: ReportedFailure;
}

/** Tells which services the command itself started on this machine. */
export interface LocalParts {
  readonly temporal: boolean;
  readonly extend: boolean;
}

/** The summary that `--json` prints. */
export interface Summary {
  /** In the order of the arguments. */
  readonly documents: readonly DocumentReport[];
  readonly local: LocalParts;
}

/** The report of a document whose files are written. */
export function toProcessedReport(
  input: string,
  result: ParseResult,
  files: Pick<DocumentReport, 'markdown' | 'json'>,
): DocumentReport {
  const { runId, pageCount } = result;
  const empty = toMarkdown(result) === '' ? true : undefined;
  return { input, status: 'processed', runId, ...defined({ pageCount, empty }), ...files };
}

/** One line about a document's outcome, for a person. */
export function describeOutcome({ label, outcome }: { label: string; outcome: DocumentReport }): string {
  const { failure, runId, pageCount, empty, markdown, json } = outcome;
  if (failure !== undefined) {
    const message = failure.message.replace(/\s+/g, ' ');
    const run = runId === undefined || message.includes(runId) ? '' : ` [${runId}]`;
    return `${label}: failed, ${failure.type}: ${message}${run}`;
  }
  const pages = pageCount === undefined ? '' : `, ${pageCount} ${pageCount === 1 ? 'page' : 'pages'}`;
  const warning = empty === true ? ', but no text was found in it' : '';
  return `${label}: parsed${pages}${warning}: ${markdown}, ${json}`;
}
