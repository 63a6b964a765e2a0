import type { EndedDocument, PageDocument } from '../../activities/types';
import { defined } from '../../json';
import { watchCall } from './calls';
import { afterEarlierEnd } from './next-step';
import { startEach } from './start-each';

/** Documents that one activity follows. */
const FOLLOWED_TOGETHER = 100;

/** Settings of {@link DocumentsInFlight}. */
export interface DocumentsInFlightOptions {
  /** The batch's workflow id. */
  readonly batchId: string;
  /** `true`: a document that failed in an earlier execution of the batch is started again. */
  readonly retryFailed: boolean;
  /** Ids of the documents that the execution before had in flight when it continued as new. */
  readonly adopted: readonly string[];
  /** Called for each document that has ended, once. */
  readonly onEnded: (document: EndedDocument) => void;
  /** Called when a start was confirmed or a document was adopted. */
  readonly onChange: () => void;
  /** Called with the error of a call in the background. */
  readonly onError: (error: unknown) => void;
}

/**
 * The documents of a batch that are in flight. Temporal reports the end of a child, which this execution has started.
 * The end of an adopted document, which another execution has started, comes from the activity `followDocuments`.
 */
export class DocumentsInFlight {
  readonly #options: DocumentsInFlightOptions;
  readonly #children = new Set<string>();
  /** The children whose start is not confirmed yet. */
  readonly #starting = new Set<string>();
  readonly #adopted: Set<string>;

  constructor(options: DocumentsInFlightOptions) {
    this.#options = options;
    this.#adopted = new Set(options.adopted);
  }

  get ids(): string[] {
    return [...this.#children, ...this.#adopted];
  }

  get counts(): { readonly children: number; readonly starting: number; readonly adopted: number } {
    return { children: this.#children.size, starting: this.#starting.size, adopted: this.#adopted.size };
  }

  /** Begins to follow the documents that the execution before had in flight. */
  followCarried(): void {
    this.#follow([...this.#adopted]);
  }

  /** Begins to start the workflows of these documents. They are in flight from now on. */
  start(documents: readonly PageDocument[]): void {
    for (const { id } of documents) {
      this.#children.add(id);
      this.#starting.add(id);
    }
    this.#startAll(documents).catch(this.#options.onError);
  }

  /** Forgets all documents. Their workflows go on. */
  clear(): void {
    this.#children.clear();
    this.#adopted.clear();
  }

  async #startAll(documents: readonly PageDocument[]): Promise<void> {
    const known = await startEach(this.#options.batchId, documents, 'REJECT_DUPLICATE', this.#listener);
    if (known.length > 0) await this.#adopt(known);
  }

  /**
   * Continues with workflows that an earlier execution of the batch has started. Those that have ended give their
   * outcomes or are started again, and the others are followed.
   */
  async #adopt(known: readonly PageDocument[]): Promise<void> {
    const ids = known.map(({ id }) => id);
    const ended = await watchCall('check earlier documents').followDocuments({ ids });
    const ends = new Map(ended.map((document) => [document.id, document]));
    const again: PageDocument[] = [];
    const others: string[] = [];
    for (const document of known) {
      const earlier = ends.get(document.id);
      if (earlier === undefined) others.push(document.id);
      else if (this.#isStartedAgain(earlier)) again.push(document);
      else this.#settle(earlier);
    }
    const lost = await startEach(this.#options.batchId, again, 'ALLOW_DUPLICATE_FAILED_ONLY', this.#listener);
    this.#follow([...others, ...lost.map(({ id }) => id)]);
    this.#options.onChange();
  }

  #isStartedAgain({ end }: EndedDocument): boolean {
    const type = end.status === 'failed' ? end.failure.type : undefined;
    return afterEarlierEnd(type, this.#options.retryFailed) === 'restart';
  }

  #follow(ids: readonly string[]): void {
    for (const id of ids) {
      this.#starting.delete(id);
      this.#children.delete(id);
      this.#adopted.add(id);
    }
    for (let at = 0; at < ids.length; at += FOLLOWED_TOGETHER) {
      this.#followTogether(ids.slice(at, at + FOLLOWED_TOGETHER)).catch(this.#options.onError);
    }
  }

  async #followTogether(ids: readonly string[]): Promise<void> {
    const followedSinceMs = Date.now();
    let left = ids;
    for (let calls = 0; left.length > 0; calls += 1) {
      // The first call checks at once. The intervals of the further calls grow from the time of the first one.
      const sinceMs = calls > 0 ? followedSinceMs : undefined;
      const call = watchCall(`follow ${left.length} documents`);
      const ended = await call.followDocuments(defined({ ids: left, wait: true, followedSinceMs: sinceMs }));
      for (const document of ended) this.#settle(document);
      left = left.filter((id) => this.#adopted.has(id));
    }
  }

  readonly #listener = {
    started: (id: string): void => {
      this.#starting.delete(id);
      this.#options.onChange();
    },
    ended: (document: EndedDocument): void => this.#settle(document),
  };

  /** Removes a document that has ended, and reports it once. */
  #settle(document: EndedDocument): void {
    const { id } = document;
    if (!this.#children.delete(id) && !this.#adopted.delete(id)) return;
    this.#starting.delete(id);
    this.#options.onEnded(document);
  }
}
