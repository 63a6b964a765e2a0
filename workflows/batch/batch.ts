import { condition, patched, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import type { EndedDocument, PageDocument } from '../../activities/types';
import { documentWorkflowId, utf8Bytes, type BatchInput, type DocumentOutcome } from '../../contract';
import { defined } from '../../json';
import {
  advance,
  countEnd,
  toDetails,
  toOutcome,
  type BatchControls,
  type BatchState,
  type BatchWork,
} from './batch-state';
import { storeCall, watchCall } from './calls';
import { DocumentsInFlight, type KnownDocument } from './documents-in-flight';
import { segmentLength, type BatchSituation } from './next-step';

/** The facts that a {@link Batch} begins with. */
export interface BatchOpening {
  readonly input: BatchInput;
  /** Read at each step. Each change needs a call of {@link Batch.noteChange}. */
  readonly controls: Readonly<BatchControls>;
  readonly work: BatchWork;
  /** Ids of the documents that the execution before had in flight when it continued as new. */
  readonly running: readonly string[];
  /** Facts about them, by id. */
  readonly known: Readonly<Record<string, KnownDocument>>;
}

/**
 * One execution of a prepared batch: its state, the documents in flight, and the steps. `nextStep` decides their order.
 */
export class Batch {
  readonly #input: BatchInput;
  readonly #controls: Readonly<BatchControls>;
  readonly #inFlight: DocumentsInFlight;
  #work: BatchWork;
  #changes = 0;
  #cancellation: BatchSituation['cancellation'] = 'none';
  /** The page that is being started. */
  #page: readonly PageDocument[] = [];
  #unwritten: DocumentOutcome[] = [];
  /** Sizes of these outcomes, in bytes of JSON. */
  #sizes: number[] = [];
  #backgroundError: { readonly error: unknown } | undefined;
  /** `true` until the pages are deleted from the store. */
  #hasPages = true;

  constructor({ input, controls, work, running, known }: BatchOpening) {
    this.#input = input;
    this.#controls = controls;
    this.#work = work;
    this.#inFlight = new DocumentsInFlight({
      batchId: work.batchId,
      retryFailed: input.retryFailed === true,
      adopted: running,
      known,
      onEnded: (document, facts) => this.#record(document, facts),
      onChange: () => this.noteChange(),
      onError: this.#failLater,
    });
    this.noteChange();
  }

  get state(): BatchState {
    const { width, isPaused } = this.#controls;
    const { ids: running, known } = this.#inFlight;
    return { ...this.#work, width, isPaused, running, known };
  }

  get situation(): BatchSituation {
    const { historyLength, historySize, continueAsNewSuggested } = workflowInfo();
    const { pages, next, failedNow } = this.#work;
    return {
      historyLength,
      historyBytes: historySize,
      continueAsNewSuggested,
      cancellation: this.#cancellation,
      ...this.#controls,
      ...this.#inFlight.counts,
      queued: Math.max(this.#page.length - next.at, 0),
      hasMorePages: next.page <= pages,
      unwritten: this.#unwritten.length,
      inSegment: segmentLength(this.#sizes),
      failedNow,
      stopAfterFailures: this.#input.stopAfterFailures,
    };
  }

  /** Begins to follow the documents that the execution before had in flight. */
  followCarried(): void {
    this.#inFlight.followCarried();
  }

  /** Notes that Temporal has asked the batch to end. */
  readonly requestCancel = (): void => {
    this.#cancellation = 'requested';
    this.noteChange();
  };

  /** Wakes {@link untilChanged}, and shows the state in Temporal's UI. */
  noteChange(): void {
    this.#changes += 1;
    setCurrentDetails(toDetails(this.state, this.#cancellation !== 'none'));
  }

  /** Waits until a document has ended, a control has changed or a cancellation has come. */
  async untilChanged(): Promise<void> {
    const before = this.#changes;
    await condition(() => this.#changes !== before);
    if (this.#backgroundError) throw this.#backgroundError.error;
  }

  /** Reads the next page of documents. */
  async readPage(): Promise<void> {
    const { place, next } = this.#work;
    this.#page = await storeCall(`page ${next.page}`).readBatchPage({ place, page: next.page });
  }

  /** Begins to start the next documents of the page. */
  start(count: number): void {
    const { at } = this.#work.next;
    const documents = this.#page.slice(at, at + count);
    this.#work = advance(this.#work, count, this.#page.length);
    if (this.#work.next.at === 0) this.#page = [];
    this.#inFlight.start(documents);
    this.noteChange();
  }

  /** Writes the outcomes that are not written yet, as one segment. With the last segment the pages are deleted. */
  async write({ isLast }: { readonly isLast: boolean }): Promise<void> {
    const segment = this.#work.segments + 1;
    const outcomes = this.#unwritten.slice(0, segmentLength(this.#sizes));
    const { place, pages } = this.#work;
    const deletePages = isLast ? pages : undefined;
    await storeCall(`segment ${segment}`).writeOutcomes(defined({ place, segment, outcomes, deletePages }));
    this.#hasPages &&= !isLast;
    this.#unwritten = this.#unwritten.slice(outcomes.length);
    this.#sizes = this.#sizes.slice(outcomes.length);
    this.#work = { ...this.#work, segments: segment };
    this.noteChange();
  }

  /** Deletes the pages of a batch that ends without a last segment. */
  async deletePages(): Promise<void> {
    const { pages, place, segments } = this.#work;
    if (!this.#hasPages || pages === 0 || !patched('delete-pages')) return;
    const input = { place, segment: segments + 1, outcomes: [], deletePages: pages };
    await storeCall('delete pages').writeOutcomes(input);
  }

  /**
   * Handles a cancellation, as `onCancel` of the input says. Either the documents in flight are cancelled, and the next
   * steps wait for their ends, or they go on, and their outcomes say that the batch has left them.
   */
  async cancel(): Promise<void> {
    this.#cancellation = 'handled';
    const { ids, known, workflowIds } = this.#inFlight;
    if (this.#input.onCancel !== 'abandon') {
      if (ids.length > 0) await watchCall('cancel documents').cancelDocuments(defined({ ids, workflowIds }));
      return;
    }
    this.#inFlight.clear();
    for (const id of ids) {
      const { hash } = known[id] ?? {};
      const workflowId = this.#workflowIdOf(id, known[id]);
      this.#addOutcome({ status: 'left', id, workflowId, ...defined({ hash }) });
    }
    this.noteChange();
  }

  #record(document: EndedDocument, known: KnownDocument): void {
    const isEnding = this.#cancellation !== 'none';
    const { hash } = known;
    const facts = { workflowId: this.#workflowIdOf(document.id, known), ...defined({ hash }), isEnding };
    const outcome = toOutcome(document, facts);
    this.#addOutcome(outcome);
    if (outcome.status !== 'cancelled') this.#work = countEnd(this.#work, document.end);
    this.noteChange();
  }

  #addOutcome(outcome: DocumentOutcome): void {
    this.#unwritten.push(outcome);
    this.#sizes.push(utf8Bytes(JSON.stringify(outcome)));
  }

  #workflowIdOf(id: string, { workflowId }: KnownDocument = {}): string {
    return workflowId ?? documentWorkflowId(this.#work.batchId, id);
  }

  /** An error of a call in the background fails the batch at the next {@link untilChanged}. */
  readonly #failLater = (error: unknown): void => {
    this.#backgroundError = { error };
    this.noteChange();
  };
}
