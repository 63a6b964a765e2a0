import { condition, patched, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import type { EndedDocument, PageDocument } from '../../activities/types';
import { documentWorkflowId, type BatchInput } from '../../contract';
import { defined } from '../../json';
import {
  advance,
  countEnd,
  countTaken,
  toDetails,
  toOutcome,
  type BatchControls,
  type BatchState,
  type BatchWork,
} from './batch-state';
import { storeCall, watchCall } from './calls';
import { Deletions } from './deletions';
import { DocumentsInFlight, type KnownDocument } from './documents-in-flight';
import { GroupsInFlight, restOf, type Takeable } from './groups-in-flight';
import type { GroupProgress } from '../messages';
import type { BatchSituation } from './next-step';
import { UnwrittenOutcomes } from './unwritten-outcomes';

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
  readonly #groups: GroupsInFlight;
  readonly #deletions = new Deletions(() => this.noteChange());
  #work: BatchWork;
  #changes = 0;
  #cancellation: BatchSituation['cancellation'] = 'none';
  /** The page that is being started. */
  #page: readonly PageDocument[] = [];
  readonly #unwritten = new UnwrittenOutcomes();
  #backgroundError: { readonly error: unknown } | undefined;
  /** `true` until the pages are deleted from the store. */
  #hasPages = true;
  /** `true`: the batch leaves groups, which need their documents. */
  #leavesGroups = false;

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
    const { batchId, place } = work;
    this.#groups = new GroupsInFlight({ batchId, place, onChange: () => this.noteChange() });
    this.noteChange();
  }

  get state(): BatchState {
    const { width, isPaused } = this.#controls;
    const { ids: running, known } = this.#inFlight;
    const groupDocuments = this.#groups.documents || undefined;
    return { ...this.#work, width, isPaused, running, known, ...defined({ groupDocuments }) };
  }

  get situation(): BatchSituation {
    const { historyLength, historySize, continueAsNewSuggested } = workflowInfo();
    const { pages, next, failedNow, groups } = this.#work;
    const { children, starting, adopted } = this.#inFlight.counts;
    return {
      historyLength,
      historyBytes: historySize,
      continueAsNewSuggested,
      cancellation: this.#cancellation,
      ...this.#controls,
      children,
      starting: starting + this.#groups.starting,
      adopted,
      queued: Math.max(this.#page.length - next.at, 0),
      hasMorePages: next.page <= pages,
      ...this.#groups.counts,
      nextGroup: groups?.sizes[groups.started],
      deletions: this.#deletions.count,
      ...this.#unwritten.counts,
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

  /** Notes the progress that a group has told. */
  readonly noteGroup = (progress: GroupProgress | undefined): void => this.#groups.note(progress);

  /** Begins to start the next group. */
  startGroup(): void {
    const { groups } = this.#work;
    if (groups === undefined) return;
    const started = groups.started + 1;
    this.#work = { ...this.#work, groups: { ...groups, started } };
    this.#groups.start(started, groups.sizes[started - 1] ?? 0);
    this.noteChange();
  }

  /** Takes the outcomes of a group, as one segment. */
  async take(): Promise<void> {
    const { takeable } = this.#groups;
    if (takeable !== undefined) await this.#take(takeable);
  }

  async #take(takeable: Takeable, rest = restOf(takeable, this.#isEnding)): Promise<void> {
    const segment = this.#work.segments + 1;
    const isEnding = this.#isEnding || undefined;
    const input = { ...takeable.input, segment, ...defined({ rest, isEnding }) };
    const taken = await storeCall(`segment ${segment}`).takeGroup(input);
    this.#work = countTaken(this.#work, taken);
    this.#groups.noteTaken(takeable, taken);
    this.#deletions.start(input, taken);
  }

  /** Writes the outcomes that are not written yet, as one segment. With the last segment the pages are deleted. */
  async write({ isLast }: { readonly isLast: boolean }): Promise<void> {
    const segment = this.#work.segments + 1;
    const outcomes = this.#unwritten.segment;
    const { place, pages } = this.#work;
    const toDelete = isLast ? { deletePages: pages, deleteGroups: this.#groupsToDelete } : {};
    await storeCall(`segment ${segment}`).writeOutcomes(defined({ place, segment, outcomes, ...toDelete }));
    this.#hasPages &&= !isLast;
    this.#unwritten.drop(outcomes.length);
    this.#work = { ...this.#work, segments: segment };
    this.noteChange();
  }

  /** Deletes the pages of a batch that ends without a last segment. */
  async deletePages(): Promise<void> {
    const { pages, place, segments } = this.#work;
    const deleteGroups = this.#groupsToDelete;
    if (!this.#hasPages || (pages === 0 && deleteGroups === undefined) || !patched('delete-pages')) return;
    const input = { place, segment: segments + 1, outcomes: [], deletePages: pages, ...defined({ deleteGroups }) };
    await storeCall('delete pages').writeOutcomes(input);
  }

  get #isEnding(): boolean {
    return this.#cancellation !== 'none';
  }

  get #groupsToDelete(): number | undefined {
    return this.#leavesGroups ? undefined : this.#work.groups?.sizes.length || undefined;
  }

  /**
   * Handles a cancellation, as `onCancel` of the input says. Either the documents in flight are cancelled, and the next
   * steps wait for their ends, or they go on, and their outcomes say that the batch has left them.
   */
  async cancel(): Promise<void> {
    this.#cancellation = 'handled';
    const { ids, known, workflowIds } = this.#inFlight;
    if (this.#input.onCancel !== 'abandon') {
      await this.#groups.cancelAll();
      if (ids.length > 0) await watchCall('cancel documents').cancelDocuments(defined({ ids, workflowIds }));
      return;
    }
    this.#inFlight.clear();
    for (const id of ids) {
      const { hash } = known[id] ?? {};
      const workflowId = this.#workflowIdOf(id, known[id]);
      this.#unwritten.add({ status: 'left', id, workflowId, ...defined({ hash }) });
    }
    for (const group of this.#groups.all) await this.#leave(group);
    this.noteChange();
  }

  /** Leaves a group, which goes on. One that has ended meanwhile is taken as usual. */
  async #leave(group: Takeable): Promise<void> {
    if (group.end !== undefined) return this.#take(group);
    this.#leavesGroups = true;
    await this.#take({ ...group, end: {} }, 'left');
  }

  #record(document: EndedDocument, known: KnownDocument): void {
    const workflowId = this.#workflowIdOf(document.id, known);
    const facts = { workflowId, ...defined({ hash: known.hash }), isEnding: this.#isEnding };
    const outcome = toOutcome(document, facts);
    this.#unwritten.add(outcome);
    if (outcome.status !== 'cancelled') this.#work = countEnd(this.#work, document.end);
    this.noteChange();
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
