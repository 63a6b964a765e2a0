import { createReadStream } from 'node:fs';
import type { DocumentOutcome } from '../../contract';
import { defined, readJsonLines } from '../../json';
import { toProcessedReport, type DocumentReport } from '../document-report';
import type { OutputDirectory } from '../output-directory';
import { toOutputNames } from '../output-names';
import { withContent } from '../parse-call';
import type { ParseServices } from '../parse-services';
import { writeOutputs } from '../write-outputs';
import type { EndedDocument } from './ended-documents';

/** Name of the file that lists how the documents ended. */
export const OUTCOME_LIST = 'outcomes.jsonl';
/** Failed documents that are printed. The others are in the list. */
const MAX_NAMED = 20;
/** Longest reason of a failure in a line for a person, in characters. */
const MAX_REASON_LENGTH = 120;
/** The list is written anew after this many times the duration of the last write, so that long lists are written less often. */
const WRITE_PAUSE = 20;

/** Settings of {@link BatchOutputs}. */
export interface BatchOutputsOptions {
  /** The services of the call. */
  readonly services: ParseServices;
  /** Directory for the files. */
  readonly output: OutputDirectory;
  /** Ids of all documents of the batch, so that names do not depend on which documents failed. */
  readonly ids: readonly string[];
  /** Gets a line for a person. */
  readonly say: (line: string) => void;
}

/**
 * The files of a batch: markdown and result of each document, written when it has ended, and `outcomes.jsonl` with a line
 * per document that names its files.
 */
export class BatchOutputs {
  readonly #options: BatchOutputsOptions;
  readonly #names: Map<string, string>;
  readonly #taken = new Set<string>();
  /** By the document's id. A call that continues a batch keeps the lines of the earlier call. */
  readonly #reports: Map<string, DocumentReport>;
  /** Ids of the documents that this call has added. */
  readonly #done = new Set<string>();
  #failed = 0;
  #nextWriteMs = 0;

  private constructor(options: BatchOutputsOptions, reports: readonly DocumentReport[]) {
    this.#options = options;
    this.#names = new Map(toBatchNames(options.ids, this.#taken));
    this.#reports = new Map(reports.map((report) => [report.input, report]));
  }

  /** Reads the list of an earlier call. The caller has checked that the files may be replaced. */
  static async open(options: BatchOutputsOptions): Promise<BatchOutputs> {
    return new BatchOutputs(options, await readList(options.output.pathOf(OUTCOME_LIST)));
  }

  /** Writes the files of documents that have ended, and the list unless the last write is too recent. */
  async add(ended: AsyncIterable<EndedDocument>): Promise<void> {
    let isChanged = false;
    for await (const outcome of ended) isChanged = (await this.#addOne(outcome)).isNew || isChanged;
    if (isChanged && performance.now() >= this.#nextWriteMs) await this.writeList();
  }

  /** Writes what is missing at the end of the batch, and returns the reports in the order of the outcomes. */
  async finish(outcomes: AsyncIterable<DocumentOutcome>): Promise<DocumentReport[]> {
    const reports: DocumentReport[] = [];
    for await (const outcome of outcomes) {
      if (outcome.status === 'skipped') this.#sayFailure(`line ${outcome.line} is not a document: ${outcome.message}`);
      if (outcome.status !== 'processed' && outcome.status !== 'failed') continue;
      reports.push((await this.#addOne(outcome)).report);
    }
    if (this.#failed > MAX_NAMED) this.#options.say(`and ${this.#failed - MAX_NAMED} more, in ${OUTCOME_LIST}`);
    this.#reports.clear();
    for (const report of reports) this.#reports.set(report.input, report);
    await this.writeList();
    return reports;
  }

  /** The reports of the documents that have ended so far. */
  get reports(): readonly DocumentReport[] {
    return [...this.#reports.values()];
  }

  /** Writes the list. A list that cannot be written is reported, and the batch goes on. */
  async writeList(): Promise<void> {
    const { output, say } = this.#options;
    const startedMs = performance.now();
    const lines = this.reports.map((report) => `${JSON.stringify(report)}\n`);
    await output.write(OUTCOME_LIST, lines.join('')).catch((error: unknown) => {
      say(`${OUTCOME_LIST} could not be written: ${String(error)}`);
    });
    this.#nextWriteMs = performance.now() + WRITE_PAUSE * (performance.now() - startedMs);
  }

  async #addOne(outcome: EndedDocument): Promise<{ readonly report: DocumentReport; readonly isNew: boolean }> {
    const { id } = outcome;
    const earlier = this.#reports.get(id);
    if (earlier !== undefined && this.#done.has(id)) return { report: earlier, isNew: false };
    this.#done.add(id);
    const report = outcome.status === 'failed' ? toFailedReport(outcome) : await this.#write(outcome);
    this.#reports.set(id, report);
    if (report.failure !== undefined) this.#sayFailure(describeFailedRow(report));
    return { report, isNew: true };
  }

  async #write({ id, result }: Extract<EndedDocument, { status: 'processed' }>): Promise<DocumentReport> {
    const { services, output } = this.#options;
    try {
      const name = this.#nameOf(id);
      const content = await withContent(result, services);
      return toProcessedReport(id, content, await writeOutputs({ output, name, result: content }));
    } catch (error) {
      const { runId } = result;
      const message = `the result could not be written: ${String(error)}`;
      const failure = { type: 'OutputNotWritten', message, details: { runId } };
      return { input: id, runId, status: 'failed', failure };
    }
  }

  /** A manifest that has changed since the batch started may lack documents of the batch. */
  #nameOf(id: string): string {
    const known = this.#names.get(id);
    if (known !== undefined) return known;
    const [name = ''] = toOutputNames([id], this.#taken);
    this.#names.set(id, name);
    return name;
  }

  #sayFailure(line: string): void {
    this.#failed += 1;
    if (this.#failed <= MAX_NAMED) this.#options.say(line);
  }
}

/** The names of the results by id. They do not depend on the order in which the documents ended. */
export function toBatchNames(ids: readonly string[], taken = new Set<string>()): ReadonlyMap<string, string> {
  const sorted = [...new Set(ids)].sort((one, other) => (one < other ? -1 : 1));
  const names = toOutputNames(sorted, taken);
  return new Map(sorted.map((id, index) => [id, names[index] ?? '']));
}

function toFailedReport({ id, failure }: Extract<EndedDocument, { status: 'failed' }>): DocumentReport {
  return { input: id, status: 'failed', ...defined({ runId: failure.details.runId }), failure };
}

/** One short line about a failed document. The list has the whole message. */
export function describeFailedRow({ input, failure }: DocumentReport): string {
  const words = (failure?.details.failureReason ?? failure?.message ?? '').replace(/\s+/g, ' ');
  const reason = words.length > MAX_REASON_LENGTH ? `${words.slice(0, MAX_REASON_LENGTH)}…` : words;
  return `${input}: failed, ${failure?.type}: ${reason}`;
}

/** One line about the documents in which no text was found; `undefined` if there is none. */
export function describeEmptyDocuments(reports: readonly DocumentReport[]): string | undefined {
  const ids = reports.filter(({ empty }) => empty === true).map(({ input }) => input);
  if (ids.length === 0) return undefined;
  const more = ids.length > MAX_NAMED ? ` and ${ids.length - MAX_NAMED} more, in ${OUTCOME_LIST}` : '';
  return `no text was found in ${ids.slice(0, MAX_NAMED).join(', ')}${more}`;
}

/** The reports of a list. A list that does not exist, or that is not one of this command, has none. */
async function readList(path: string): Promise<DocumentReport[]> {
  const reports: DocumentReport[] = [];
  try {
    for await (const line of readJsonLines(createReadStream(path))) reports.push(line as DocumentReport);
  } catch {
    return [];
  }
  return reports.every((report) => typeof report?.input === 'string') ? reports : [];
}
