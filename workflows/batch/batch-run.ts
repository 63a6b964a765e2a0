import { condition, patched, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import type { EndedDocument, PageDocument } from '../../activities/types';
import { documentWorkflowId, type BatchInput, type DocumentOutcome } from '../../contract';
import { lookCall, storeCall } from './batch-calls';
import { startEach } from './batch-children';
import { countEnd, describeBatch, moveOn, type BatchSettings, type BatchState } from './batch-state';
import { afterEarlierEnd, SEGMENT_OUTCOMES, type BatchSituation } from './batch-step';

/** Documents that one activity asks after. */
const FOLLOWED_TOGETHER = 100;

/** One run of a batch: its state, the documents in progress, and the steps. `parseBatch` says which step comes next. */
export class BatchRun {
  #state: BatchState;
  #changes = 0;
  #cancellation: BatchSituation['cancellation'] = 'none';
  /** The page that is being started. */
  #page: readonly PageDocument[] = [];
  #unwritten: DocumentOutcome[] = [];
  readonly #own = new Set<string>();
  /** Those of them whose start is not confirmed yet. */
  readonly #starting = new Set<string>();
  readonly #followed: Set<string>;
  #broken: { readonly error: unknown } | undefined;
  /** Whether the pages are in the store still. */
  #hasPages = true;

  constructor(
    readonly input: BatchInput,
    state: BatchState,
  ) {
    this.#state = state;
    this.#followed = new Set(state.running);
    this.#changed();
  }

  get state(): BatchState {
    return { ...this.#state, running: [...this.#own, ...this.#followed] };
  }

  get situation(): BatchSituation {
    const { historyLength, historySize, continueAsNewSuggested } = workflowInfo();
    const { isPaused, width, pages, next, failedNow } = this.#state;
    return {
      historyLength,
      historyBytes: historySize,
      continueAsNewSuggested,
      cancellation: this.#cancellation,
      isPaused,
      width,
      own: this.#own.size,
      starting: this.#starting.size,
      followed: this.#followed.size,
      queued: Math.max(this.#page.length - next.at, 0),
      hasMorePages: next.page <= pages,
      unwritten: this.#unwritten.length,
      failedNow,
      stopAfterFailures: this.input.stopAfterFailures,
    };
  }

  /** Begins to ask after the documents that the run before had in progress. */
  followCarried(): void {
    this.#follow([...this.#followed]);
  }

  /** Somebody asks for an end. */
  readonly requestCancel = (): void => {
    this.#cancellation = 'requested';
    this.#changed();
  };

  /** Changes what can be changed from outside. */
  set(settings: Partial<BatchSettings>): void {
    this.#state = { ...this.#state, ...settings };
    this.#changed();
  }

  /** Waits until a document has ended, or somebody wants something. */
  async untilChanged(): Promise<void> {
    const before = this.#changes;
    await condition(() => this.#changes !== before);
    if (this.#broken) throw this.#broken.error;
  }

  async readPage(): Promise<void> {
    const { place, next } = this.#state;
    this.#page = await storeCall(`page ${next.page}`).readBatchPage({ place, page: next.page });
  }

  /** Begins to start the next documents of the page. */
  start(count: number): void {
    const { at } = this.#state.next;
    const documents = this.#page.slice(at, at + count);
    this.#state = moveOn(this.#state, count, this.#page.length);
    if (this.#state.next.at === 0) this.#page = [];
    for (const { id } of documents) {
      this.#own.add(id);
      this.#starting.add(id);
    }
    this.#changed();
    this.#startAll(documents).catch(this.#break);
  }

  /** Writes the outcomes there are, as one segment. With the last one the pages are deleted. */
  async write({ isLast }: { readonly isLast: boolean }): Promise<void> {
    const segment = this.#state.segments + 1;
    const outcomes = this.#unwritten.slice(0, SEGMENT_OUTCOMES);
    const pages = isLast ? { deletePages: this.#state.pages } : {};
    await storeCall(`segment ${segment}`).writeOutcomes({ place: this.#state.place, segment, outcomes, ...pages });
    this.#hasPages &&= !isLast;
    this.#unwritten = this.#unwritten.slice(outcomes.length);
    this.#state = { ...this.#state, segments: segment };
    this.#changed();
  }

  /** Deletes the pages of a batch that ends without a last segment. */
  async deletePages(): Promise<void> {
    const { pages, place, segments } = this.#state;
    if (!this.#hasPages || pages === 0 || !patched('delete-pages')) return;
    const input = { place, segment: segments + 1, outcomes: [], deletePages: pages };
    await storeCall('delete pages').writeOutcomes(input);
  }

  /** Deals with the documents in progress: they are ended, and their ends awaited, or left, and noted as such. */
  async cancel(): Promise<void> {
    this.#cancellation = 'handled';
    const ids = this.state.running;
    if (this.input.onCancel !== 'abandon') {
      if (ids.length > 0) await lookCall('cancel documents').cancelDocuments({ ids });
      return;
    }
    this.#own.clear();
    this.#followed.clear();
    for (const id of ids) this.#unwritten.push({ status: 'left', id, workflowId: this.#workflowIdOf(id) });
    this.#changed();
  }

  /** What is known to Temporal already is looked at, and not parsed twice. */
  async #startAll(documents: readonly PageDocument[]): Promise<void> {
    const known = await startEach(this.#state.batchId, documents, 'REJECT_DUPLICATE', this.#told);
    if (known.length > 0) await this.#takeOver(known);
  }

  /** An earlier start of the batch has begun with these: they have ended unrecorded, or go on. */
  async #takeOver(known: readonly PageDocument[]): Promise<void> {
    const ids = known.map(({ id }) => id);
    const ended = await lookCall('look at earlier documents').followDocuments({ ids });
    const ends = new Map(ended.map((document) => [document.id, document]));
    const again: PageDocument[] = [];
    const others: string[] = [];
    for (const document of known) {
      const earlier = ends.get(document.id);
      if (earlier === undefined) others.push(document.id);
      else if (this.#isAgain(earlier)) again.push(document);
      else this.#settle(earlier);
    }
    const lost = await startEach(this.#state.batchId, again, 'ALLOW_DUPLICATE_FAILED_ONLY', this.#told);
    this.#follow([...others, ...lost.map(({ id }) => id)]);
    this.#changed();
  }

  #isAgain({ end }: EndedDocument): boolean {
    const type = end.status === 'failed' ? end.failure.type : undefined;
    return afterEarlierEnd(type, this.input.retryFailed === true) === 'restart';
  }

  #follow(ids: readonly string[]): void {
    for (const id of ids) {
      this.#starting.delete(id);
      this.#own.delete(id);
      this.#followed.add(id);
    }
    for (let at = 0; at < ids.length; at += FOLLOWED_TOGETHER) {
      this.#followTogether(ids.slice(at, at + FOLLOWED_TOGETHER)).catch(this.#break);
    }
  }

  async #followTogether(ids: readonly string[]): Promise<void> {
    const followedSinceMs = Date.now();
    let left = ids;
    for (let answers = 0; left.length > 0; answers += 1) {
      const asked = answers > 0 && { followedSinceMs };
      const call = lookCall(`follow ${left.length} documents`);
      const ended = await call.followDocuments({ ids: left, wait: true, ...asked });
      for (const document of ended) this.#settle(document);
      left = left.filter((id) => this.#followed.has(id));
    }
  }

  readonly #told = {
    started: (id: string): void => {
      this.#starting.delete(id);
      this.#changed();
    },
    ended: (document: EndedDocument): void => this.#settle(document),
  };

  /** Notes how a document ended, once. */
  #settle({ id, durationMs, end }: EndedDocument): void {
    if (!this.#own.delete(id) && !this.#followed.delete(id)) return;
    this.#starting.delete(id);
    const workflowId = this.#workflowIdOf(id);
    if (this.#cancellation !== 'none' && end.status === 'failed' && end.failure.type === 'Cancelled') {
      this.#unwritten.push({ status: 'cancelled', id, workflowId });
    } else {
      const polls = end.status === 'processed' ? end.result.polls : (end.failure.details.polls ?? 0);
      this.#unwritten.push({ id, workflowId, ...end, polls, durationMs });
      this.#state = countEnd(this.#state, end);
    }
    this.#changed();
  }

  #workflowIdOf(id: string): string {
    return documentWorkflowId(this.#state.batchId, id);
  }

  /** What goes wrong beside the steps ends the batch. */
  readonly #break = (error: unknown): void => {
    this.#broken = { error };
    this.#changed();
  };

  #changed(): void {
    this.#changes += 1;
    setCurrentDetails(describeBatch(this.state, this.#cancellation !== 'none'));
  }
}
