import type { EndedDocument, PageDocument } from '../../activities/types';
import { otherWorkflowId } from '../../contract';
import { defined } from '../../json';
import { watchCall } from './calls';
import { afterEarlierEnd } from './next-step';
import { startEach, type DocumentToStart } from './start-each';

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
  /** Facts about them, by id. */
  readonly known: Readonly<Record<string, KnownDocument>>;
  /** Called for each document that has ended, once. */
  readonly onEnded: (document: EndedDocument, known: KnownDocument) => void;
  /** Called when a start was confirmed or a document was adopted. */
  readonly onChange: () => void;
  /** Called with the error of a call in the background. */
  readonly onError: (error: unknown) => void;
}

/** Facts about a document in flight, beside its id. Plain JSON: a batch that continues as new carries them. */
export interface KnownDocument {
  /** Hash of the document. Absent if a batch of version 0.1.0 has started it. */
  readonly hash?: string;
  /** Workflow id, if the usual one belongs to another document. */
  readonly workflowId?: string;
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
  readonly #known: Map<string, KnownDocument>;

  constructor(options: DocumentsInFlightOptions) {
    this.#options = options;
    this.#adopted = new Set(options.adopted);
    this.#known = new Map(Object.entries(options.known));
  }

  /** Facts about the documents in flight, by id. */
  get known(): Readonly<Record<string, KnownDocument>> {
    return Object.fromEntries(this.#known);
  }

  /** Workflow ids that differ from the usual ones, by document id. */
  get workflowIds(): Readonly<Record<string, string>> | undefined {
    const others = [...this.#known].flatMap(([id, { workflowId }]) =>
      workflowId === undefined ? [] : [[id, workflowId]],
    );
    return others.length === 0 ? undefined : (Object.fromEntries(others) as Record<string, string>);
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
    for (const { id, hash } of documents) {
      this.#children.add(id);
      this.#starting.add(id);
      if (hash !== undefined) this.#known.set(id, { hash });
    }
    this.#startAll(documents).catch(this.#options.onError);
  }

  /** Forgets all documents. Their workflows go on. */
  clear(): void {
    this.#children.clear();
    this.#adopted.clear();
    this.#known.clear();
  }

  async #startAll(documents: readonly DocumentToStart[]): Promise<void> {
    const known = await startEach(this.#options.batchId, documents, 'REJECT_DUPLICATE', this.#listener);
    if (known.length > 0) await this.#adopt(known);
  }

  /**
   * Continues with workflows that an earlier execution of the batch has started. Those that have ended give their
   * outcomes or are started again, and the others are followed. A document whose workflow id belongs to another document
   * gets a workflow id of its own.
   */
  async #adopt(known: readonly DocumentToStart[]): Promise<void> {
    const ids = known.map(({ id }) => id);
    const hashes = Object.fromEntries(known.flatMap(({ id, hash }) => (hash === undefined ? [] : [[id, hash]])));
    const call = watchCall('check earlier documents');
    const input = defined({ ids, hashes, workflowIds: this.workflowIds, withEarlier: true });
    const ended = new Map((await call.followDocuments(input)).map((document) => [document.id, document]));
    const again: DocumentToStart[] = [];
    const renamed: DocumentToStart[] = [];
    const others: string[] = [];
    for (const document of known) {
      const earlier = ended.get(document.id);
      if (earlier === undefined) others.push(document.id);
      else if (earlier.isOther && document.workflowId === undefined) {
        renamed.push({ ...this.#rename(document), ...defined({ earlier: earlier.earlier }) });
      } else if (this.#isStartedAgain(earlier)) again.push({ ...document, ...defined({ earlier: earlier.earlier }) });
      else this.#settle(earlier);
    }
    const lost = await startEach(this.#options.batchId, again, 'ALLOW_DUPLICATE_FAILED_ONLY', this.#listener);
    this.#follow([...others, ...lost.map(({ id }) => id)]);
    this.#options.onChange();
    if (renamed.length > 0) await this.#startAll(renamed);
  }

  #rename(document: DocumentToStart): DocumentToStart {
    const { id, hash = '' } = document;
    const workflowId = otherWorkflowId(this.#options.batchId, id, hash);
    this.#known.set(id, { hash, workflowId });
    return { ...document, workflowId };
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
      const { workflowIds } = this;
      const ended = await call.followDocuments(
        defined({ ids: left, wait: true, followedSinceMs: sinceMs, workflowIds }),
      );
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
    const known = this.#known.get(id) ?? {};
    this.#known.delete(id);
    this.#options.onEnded(document, known);
  }
}
