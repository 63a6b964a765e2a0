import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { DocumentInput, ParseProgress, ParseResult } from '../contract';
import { defined } from '../json';
import { ParseError, type ParseHandle } from '../client';
import { describeOutcome, toProcessedReport, type DocumentReport } from './document-report';
import { type Document, toShownInput } from './documents';
import type { OutputDirectory } from './output-directory';
import { toOutputNames } from './output-names';
import type { ParseServices } from './parse-services';
import type { ProgressDisplay } from './progress-display';
import { writeOutputs } from './write-outputs';

/** Documents in flight at a time. */
const MAX_IN_FLIGHT = 20;

/** Time between two queries for a document's progress, in milliseconds. On a local server a query costs nothing. */
const LOCAL_QUERY_INTERVAL_MS = 250;
const REMOTE_QUERY_INTERVAL_MS = 2_000;

/** Time that cancelled workflows get to end, in milliseconds. After it they are terminated. */
const CANCEL_TIMEOUT_MS = 3_000;

/** Polling for the emulator, whose runs end sooner than Extend's. */
export const EMULATOR_POLLING = { initialDelayMs: 300, scaleMs: 500 };

/** Settings of {@link ParseCall}. */
export interface ParseCallOptions {
  /** The documents to parse. */
  readonly documents: readonly Document[];
  /** The input of each document's workflow, besides the document. */
  readonly options: Pick<DocumentInput, 'config' | 'deadlineMs'>;
  /** Directory for the results. */
  readonly output: OutputDirectory;
  /** The services that parse. The caller closes them. */
  readonly services: ParseServices;
  /** The display that shows each step. */
  readonly display: ProgressDisplay;
}

/** A workflow in flight. */
interface Active {
  readonly document: Document;
  readonly handle: ParseHandle;
  readonly ended: Promise<void>;
  progress?: ParseProgress;
}

/** A workflow that the command cancelled. */
export interface Cancelled {
  readonly label: string;
  readonly workflowId: string;
  /** Extend's run id, if it is known. */
  readonly runId?: string;
}

/** One call of `extend-parse parse`: it parses each document by one workflow, and can be cancelled meanwhile. */
export class ParseCall {
  readonly #options: ParseCallOptions;
  readonly #active = new Set<Active>();
  readonly #outcomes: DocumentReport[] = [];
  #cancelled = false;

  constructor(options: ParseCallOptions) {
    this.#options = options;
  }

  /** Parses all documents, some at a time, writes the results, and returns the outcomes in the given order. */
  async finish(): Promise<DocumentReport[]> {
    const { documents, display } = this.#options;
    const names = toOutputNames(documents.map(({ input }) => input));
    const outcomes = this.#outcomes;
    const next = documents.entries();
    const work = async () => {
      for (const [index, document] of next) {
        if (this.#cancelled) return;
        const outcome = await this.#parse(document, names[index] ?? '');
        outcomes[index] = outcome;
        if (!this.#cancelled) display.finish(document, describeOutcome({ label: document.label, outcome }));
      }
    };
    await Promise.all(Array.from({ length: MAX_IN_FLIGHT }, work));
    return outcomes;
  }

  /** The outcomes of the documents that have ended, in the given order. */
  get reports(): DocumentReport[] {
    return this.#outcomes.filter((outcome) => outcome !== undefined);
  }

  /** Cancels the workflows in flight. On a configured server it terminates those that do not end in time. */
  async cancel(): Promise<Cancelled[]> {
    this.#cancelled = true;
    const cancelled = [...this.#active];
    const ended = Promise.all(cancelled.map(async (active) => this.#cancelOne(active).catch(() => undefined)));
    await Promise.race([ended, sleep(CANCEL_TIMEOUT_MS, undefined, { ref: false })]);
    const left = this.#options.services.local.temporal ? [] : [...this.#active];
    await Promise.allSettled(left.map(({ handle }) => this.#options.services.terminate(handle.workflowId)));
    return cancelled.map(({ document: { label }, handle: { workflowId }, progress }) => ({
      label,
      workflowId,
      ...defined({ runId: progress?.runId }),
    }));
  }

  async #cancelOne(active: Active): Promise<void> {
    await active.handle.cancel();
    await active.ended;
    active.progress = await active.handle.progress();
  }

  async #parse(document: Document, name: string): Promise<DocumentReport> {
    const input = toShownInput(document);
    const { services, output, options } = this.#options;
    let active: Active | undefined;
    try {
      const handle = await services.client.start({ ...toDocumentInput(document, services), ...options });
      const ending = handle.result();
      const ended = ending.then(
        () => undefined,
        () => undefined,
      );
      active = { document, handle, ended };
      this.#active.add(active);
      void this.#follow(active);
      const result = await withContent(await ending, services);
      const written = await writeOutputs({ output, name, result }).catch((error: unknown) => {
        throw new OutputNotWrittenError(`the result could not be written: ${String(error)}`, result.runId);
      });
      return toProcessedReport(input, result, written);
    } catch (error) {
      return toFailedOutcome(input, error);
    } finally {
      if (active !== undefined) this.#active.delete(active);
    }
  }

  /** Shows the progress of a workflow until it ends. A query that fails is ignored, because the result does not need it. */
  async #follow(active: Active): Promise<void> {
    const { services, display } = this.#options;
    const intervalMs = services.local.temporal ? LOCAL_QUERY_INTERVAL_MS : REMOTE_QUERY_INTERVAL_MS;
    while (this.#active.has(active) && !this.#cancelled) {
      const progress = await active.handle.progress().catch(() => undefined);
      if (progress !== undefined && this.#active.has(active)) {
        active.progress = progress;
        const failure = await services.findFailure(active.handle.workflowId).catch(() => undefined);
        if (this.#active.has(active)) display.update(active.document, { progress, ...defined({ failure }) });
      }
      await Promise.race([active.ended, sleep(intervalMs)]);
    }
  }
}

/** The result of a run could not be written. The summary of `--json` shows its name as the failure's type. */
class OutputNotWrittenError extends Error {
  override readonly name = 'OutputNotWritten';

  constructor(
    message: string,
    /** Extend's id of the run that has the result. */
    readonly runId: string,
  ) {
    super(message);
  }
}

function toDocumentInput(document: Document, { local }: ParseServices): DocumentInput {
  const { location, input } = document;
  const options = { result: 'stored', ...(local.extend && { polling: EMULATOR_POLLING }) } as const;
  if ('url' in location) return { file: { fileUrl: location.url }, ...options };
  const fileName = input.split(/[/\\]/).at(-1) ?? input;
  return { file: { source: pathToFileURL(location.path).href, fileName }, ...options };
}

/** The result as the command writes it: with its chunks, because the stored result is deleted when the command ends. */
export async function withContent(result: ParseResult, { client }: ParseServices): Promise<ParseResult> {
  const { chunks, ocr, output } = await client.readRun(result);
  const facts = defined({ ocr: ocr ?? undefined, metadata: output?.metadata ?? undefined });
  return { ...result, output: { kind: 'inline', chunks, ...facts } };
}

function toFailedOutcome(input: string, error: unknown): DocumentReport {
  if (error instanceof ParseError) {
    const { type, message, details } = error;
    const run = defined({ runId: details.runId });
    return { input, status: 'failed', ...run, failure: { type, message, details } };
  }
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  const run = error instanceof OutputNotWrittenError ? { runId: error.runId } : {};
  return { input, status: 'failed', ...run, failure: { type: name, message, details: run } };
}
