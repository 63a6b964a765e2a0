import type { FailureDetails } from '../contract';

/** Why a document failed, as `--json` tells it. */
export interface ReportedFailure {
  /** A failure type of the package; `OutputNotWritten` if the result was there but its files could not be written. */
  readonly type: string;
  /** The failure in words. */
  readonly message: string;
  /** What is known of the run. */
  readonly details: FailureDetails;
}

/** How a document ended, as `--json` tells it. */
export interface DocumentReport {
  /** The argument that named the document; a URL without user name and password, and with `?***` for its query. */
  readonly input: string;
  readonly status: 'processed' | 'failed';
  /** Extend's run id, where one is known. */
  readonly runId?: string;
  /** Pages that Extend parsed, where it tells. */
  readonly pageCount?: number;
  /** Path of the markdown file. */
  readonly markdown?: string;
  /** Path of the file with the workflow's result. */
  readonly json?: string;
  readonly failure?: ReportedFailure;
}

/** Which parts ran on this machine, started by the command itself. */
export interface LocalParts {
  readonly temporal: boolean;
  readonly extend: boolean;
}

/** What `--json` prints. */
export interface Summary {
  /** In the order of the arguments. */
  readonly documents: readonly DocumentReport[];
  readonly local: LocalParts;
}

/** One line about a document's end, for a person. */
export function describeOutcome({ label, outcome }: { label: string; outcome: DocumentReport }): string {
  const { failure, runId, pageCount, markdown, json } = outcome;
  if (failure !== undefined) {
    const message = failure.message.replace(/\s+/g, ' ');
    const run = runId === undefined || message.includes(runId) ? '' : ` [${runId}]`;
    return `${label}: failed, ${failure.type}: ${message}${run}`;
  }
  const pages = pageCount === undefined ? '' : `, ${pageCount} ${pageCount === 1 ? 'page' : 'pages'}`;
  return `${label}: parsed${pages}: ${markdown}, ${json}`;
}
