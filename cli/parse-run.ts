import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { ParseInput, ParseProgress, ParseResult } from '../contract';
import { ParseError, type ParseHandle } from '../client';
import { describeOutcome, type DocumentReport } from './document-report';
import { type Document, toShownInput } from './documents';
import type { OutputDirectory } from './output-directory';
import { toOutputNames } from './output-names';
import type { ParseServices } from './parse-services';
import type { ProgressDisplay } from './progress-display';
import { writeOutputs } from './write-outputs';

/** Documents in progress at a time. */
const MAX_IN_PROGRESS = 20;

/** Time between two looks at a document, in milliseconds. On a server of one's own a look costs nothing. */
const LOCAL_LOOK_MS = 250;
const REMOTE_LOOK_MS = 2_000;

/** Time for cancelled workflows to end in order, in milliseconds. */
const CANCEL_TIMEOUT_MS = 3_000;

/** The emulator is done in no time, so it is asked sooner than Extend. */
export const EMULATOR_POLLING = { initialDelayMs: 300, scaleMs: 500 };

/** Settings of {@link ParseRun}. */
export interface ParseRunOptions {
  /** What to parse. */
  readonly documents: readonly Document[];
  /** Directory for the results. */
  readonly output: OutputDirectory;
  /** What runs meanwhile. The caller closes it. */
  readonly services: ParseServices;
  /** Told of every step. */
  readonly display: ProgressDisplay;
}

/** A workflow that was started and has not ended. */
interface Active {
  readonly document: Document;
  readonly handle: ParseHandle;
  readonly ended: Promise<void>;
  progress?: ParseProgress;
}

/** A workflow that was cancelled before it ended. */
export interface Cancelled {
  readonly label: string;
  readonly workflowId: string;
  /** Extend's run id, where it became known. */
  readonly runId?: string;
}

/** Parses the documents of one call, each by one workflow, and can be cancelled on the way. */
export class ParseRun {
  readonly #options: ParseRunOptions;
  readonly #active = new Set<Active>();
  #cancelled = false;

  constructor(options: ParseRunOptions) {
    this.#options = options;
  }

  /** Parses all documents, some at a time, writes what came out, and returns how each ended, in the given order. */
  async finish(): Promise<DocumentReport[]> {
    const { documents, display } = this.#options;
    const names = toOutputNames(documents.map(({ input }) => input));
    const outcomes: DocumentReport[] = [];
    const next = documents.entries();
    const work = async () => {
      for (const [index, document] of next) {
        if (this.#cancelled) return;
        const outcome = await this.#parse(document, names[index] ?? '');
        outcomes[index] = outcome;
        if (!this.#cancelled) display.finish(document, describeOutcome({ label: document.label, outcome }));
      }
    };
    await Promise.all(Array.from({ length: MAX_IN_PROGRESS }, work));
    return outcomes;
  }

  /** Cancels what is in progress, and ends it for good where that takes too long. */
  async cancel(): Promise<Cancelled[]> {
    this.#cancelled = true;
    const cancelled = [...this.#active];
    const inOrder = Promise.all(cancelled.map(async (active) => this.#cancelOne(active).catch(() => undefined)));
    await Promise.race([inOrder, sleep(CANCEL_TIMEOUT_MS, undefined, { ref: false })]);
    const left = this.#options.services.local.temporal ? [] : [...this.#active];
    await Promise.allSettled(left.map(({ handle }) => this.#options.services.terminate(handle.workflowId)));
    return cancelled.map(({ document: { label }, handle: { workflowId }, progress }) => ({
      label,
      workflowId,
      ...(progress?.runId === undefined ? {} : { runId: progress.runId }),
    }));
  }

  async #cancelOne(active: Active): Promise<void> {
    await active.handle.cancel();
    await active.ended;
    active.progress = await active.handle.progress();
  }

  async #parse(document: Document, name: string): Promise<DocumentReport> {
    const input = toShownInput(document);
    const { services, output } = this.#options;
    let active: Active | undefined;
    try {
      const handle = await services.client.start(toDocumentInput(document, services));
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
        throw new OutputError(`the result could not be written: ${String(error)}`, { cause: result.runId });
      });
      const { runId, pageCount } = result;
      return { input, status: 'processed', runId, ...(pageCount !== undefined && { pageCount }), ...written };
    } catch (error) {
      return toFailedOutcome(input, error);
    } finally {
      if (active !== undefined) this.#active.delete(active);
    }
  }

  /** A look that fails is no matter: the result tells how the document ends. */
  async #follow(active: Active): Promise<void> {
    const { services, display } = this.#options;
    const look = services.local.temporal ? LOCAL_LOOK_MS : REMOTE_LOOK_MS;
    while (this.#active.has(active) && !this.#cancelled) {
      const progress = await active.handle.progress().catch(() => undefined);
      if (progress !== undefined && this.#active.has(active)) {
        active.progress = progress;
        display.update(active.document, progress);
      }
      await Promise.race([active.ended, sleep(look)]);
    }
  }
}

class OutputError extends Error {
  override readonly name = 'OutputNotWritten';
}

function toDocumentInput(document: Document, { local }: ParseServices): ParseInput {
  const { location, input } = document;
  const options = { result: 'stored', ...(local.extend && { polling: EMULATOR_POLLING }) } as const;
  if ('url' in location) return { file: { fileUrl: location.url }, ...options };
  const fileName = input.split(/[/\\]/).at(-1) ?? input;
  return { file: { source: pathToFileURL(location.path).href, fileName }, ...options };
}

/** The result as it is written: with its chunks, not with a reference that ends with the command. */
export async function withContent(result: ParseResult, { client }: ParseServices): Promise<ParseResult> {
  const { chunks, ocr } = await client.readRun(result);
  return { ...result, output: { kind: 'inline', chunks, ...(ocr && { ocr }) } };
}

function toFailedOutcome(input: string, error: unknown): DocumentReport {
  if (error instanceof ParseError) {
    const { type, message, details } = error;
    const run = details.runId === undefined ? {} : { runId: details.runId };
    return { input, status: 'failed', ...run, failure: { type, message, details } };
  }
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  const run = error instanceof OutputError ? { runId: String(error.cause) } : {};
  return { input, status: 'failed', ...run, failure: { type: name, message, details: run } };
}
