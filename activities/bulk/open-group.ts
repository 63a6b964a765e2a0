import { activityInfo } from '@temporalio/activity';
import { documentWorkflowId, type DocumentFailure, type FailureDetails } from '../../contract';
import { defined } from '../../json';
import type { ExtendClient } from '../../http';
import type { ResultStore } from '../../storage';
import { createBatchStore, type BatchStore } from '../batch/batch-store';
import { finalFailure } from '../to-application-failure';
import type { GroupAnswer, GroupReference, GroupWork } from '../types';
import { withHeartbeat } from '../heartbeat';
import { GroupLog, openDetails, type GroupDetails, type GroupOutcome } from './group-log';
import { CLOSED_NAME, readDocuments, readSettings, type GroupDocument, type GroupSettings } from './group-objects';
import { Ledger, type NumberedEntry } from './ledger';
import { isAccepted, standingOf, type AcceptedEntry, type Standing } from './standings';

/** Settings of the activities that work on a group. */
export interface GroupOptions {
  /** Extend's API. */
  readonly extend: ExtendClient;
  /** Store of the results, and of the objects of a group. @default none: batches fail */
  readonly store?: ResultStore | undefined;
}

/** A document of a group with its standing. */
export interface StandingDocument<Kind extends Standing['kind'] = Standing['kind']> {
  readonly document: GroupDocument;
  readonly standing: Extract<Standing, { kind: Kind }>;
}

/** A document of a group, with the number of its submits that may have created a run. */
export interface SubmittedDocument {
  readonly document: GroupDocument;
  readonly standing: { readonly submits: number };
}

interface OpenedParts {
  readonly store: BatchStore;
  readonly settings: GroupSettings;
  readonly ledger: Ledger;
  readonly details: GroupDetails;
  readonly startedAtMs: number;
}

/**
 * Opens a group, and works on it with heartbeats. The lines of its log are written at the end, also after an error.
 *
 * @throws as {@link OpenGroup.open}
 */
export async function withGroup<T>(
  work: GroupWork,
  store: ResultStore | undefined,
  perform: (group: OpenGroup) => Promise<T>,
): Promise<T> {
  const details = openDetails();
  const openAndPerform = async (): Promise<T> => {
    const group = await OpenGroup.open(work, store, details);
    return perform(group).finally(() => group.flush());
  };
  return withHeartbeat(openAndPerform(), details);
}

/** A group in the hands of one attempt of an activity: its documents, its ledger and its log. */
export class OpenGroup {
  readonly reference: GroupReference;
  readonly settings: GroupSettings;
  readonly ledger: Ledger;
  /** Heartbeat details for the next attempt. */
  readonly details: GroupDetails;
  readonly #store: BatchStore;
  readonly #startedAtMs: number;
  readonly #work: GroupWork;
  #contents: { readonly documents: readonly GroupDocument[]; readonly log: GroupLog } | undefined;

  private constructor(work: GroupWork, { store, settings, ledger, details, startedAtMs }: OpenedParts) {
    this.#work = work;
    this.reference = work.group;
    this.#store = store;
    this.settings = settings;
    this.ledger = ledger;
    this.details = details;
    this.#startedAtMs = startedAtMs;
  }

  /**
   * Opens a group: its settings and its ledger. The documents and the log are read by {@link readContents}, because most
   * polls do not need them.
   *
   * @param details are changed while the group is worked on.
   * @throws ApplicationFailure `ResultStoreFailed`: final if there is no store or it refuses; else retried
   */
  static async open(work: GroupWork, store: ResultStore | undefined, details: GroupDetails): Promise<OpenGroup> {
    const startedAtMs = Date.now();
    // The ledger must be written although the activity is cancelled, because a submit is in flight then.
    const uncut = createBatchStore(store, new AbortController().signal);
    const { place, group } = work.group;
    const [settings, ledger] = await Promise.all([readSettings(uncut, work.group), Ledger.open(uncut, place, group)]);
    return new OpenGroup(work, { store: uncut, settings, ledger, details, startedAtMs });
  }

  /** Reads the documents and the log. */
  async readContents(): Promise<void> {
    const [documents, log] = await Promise.all([
      readDocuments(this.#store, this.reference),
      GroupLog.open(this.#store, this.#work, this.details),
    ]);
    this.#contents = { documents, log };
  }

  get log(): GroupLog {
    return this.#read.log;
  }

  get documents(): readonly GroupDocument[] {
    return this.#read.documents;
  }

  /** The time by the server's clock, epoch milliseconds. The worker's clock may be wrong, and only measures a duration. */
  get nowMs(): number {
    return activityInfo().currentAttemptScheduledTimestampMs + (Date.now() - this.#startedAtMs);
  }

  /** Time since the start of the group, in milliseconds. */
  get elapsedMs(): number {
    return Math.max(this.nowMs - this.#work.startedAtMs, 0);
  }

  /** Time until the deadline of the documents, in milliseconds; 0 once it has passed. */
  get remainingMs(): number {
    return Math.max(this.settings.deadlineMs - this.elapsedMs, 0);
  }

  /** The submits whose batches are known. */
  get accepted(): readonly AcceptedEntry[] {
    return this.ledger.entries.filter(isAccepted);
  }

  /** The submits whose answers were lost, and whose documents are not decided about. */
  get lost(): readonly NumberedEntry[] {
    return this.ledger.entries.filter(({ batchRunId, isGivenUp }) => batchRunId === undefined && isGivenUp !== true);
  }

  /** The submits whose answers were lost, and whose documents were decided about. */
  get givenUp(): readonly NumberedEntry[] {
    return this.ledger.entries.filter(({ batchRunId, isGivenUp }) => batchRunId === undefined && isGivenUp === true);
  }

  /** The documents with these standings. */
  standing<Kind extends Standing['kind']>(...kinds: readonly Kind[]): StandingDocument<Kind>[] {
    const { log } = this;
    const facts = {
      entries: this.ledger.entries,
      isDone: (id: string) => log.outcomeOf(id) !== undefined,
      againUpTo: (id: string) => log.againUpTo(id),
    };
    return this.documents.flatMap((document) => {
      const standing = standingOf(document, facts);
      return (kinds as readonly string[]).includes(standing.kind)
        ? [{ document, standing: standing as Extract<Standing, { kind: Kind }> }]
        : [];
    });
  }

  /**
   * Checks that no other start of the batch has adopted the documents.
   *
   * @throws ApplicationFailure `ResultStoreFailed`, final, if one has
   */
  async checkOpen(): Promise<void> {
    const { place } = this.reference;
    if ((await this.#store.readIfThere(`${place.uri}/${CLOSED_NAME}`)) === undefined) return;
    throw finalFailure('ResultStoreFailed', 'another start of the batch parses the documents of this group', {});
  }

  /** Writes the lines of the log that are not written yet. */
  async flush(): Promise<void> {
    await this.#contents?.log.flush();
  }

  /** Records the outcome of a document. */
  async end(outcome: GroupOutcome): Promise<void> {
    await this.log.add({ kind: 'outcome', outcome });
  }

  /** Records a failed document. Of a document that was submitted a run may exist, unless its id is known. */
  async fail(
    { document, standing }: SubmittedDocument,
    { type, message, details }: Pick<DocumentFailure, 'type' | 'message'> & { readonly details?: FailureDetails },
  ): Promise<void> {
    const counters = { submits: standing.submits, polls: this.details.polls, elapsedMs: this.elapsedMs };
    const runMayExist = standing.submits > 0 && details?.runId === undefined ? true : undefined;
    const known = { ...details, ...defined({ runMayExist }), ...counters };
    const failure: DocumentFailure = { type, message, details: known };
    await this.end({ status: 'failed', ...this.factsOf(document), failure, ...this.counters });
  }

  /** Polls and duration of an outcome. */
  get counters(): { readonly polls: number; readonly durationMs: number } {
    return { polls: this.details.polls, durationMs: this.elapsedMs };
  }

  /** The members of an outcome that name the document. */
  factsOf({ id, hash }: GroupDocument): { readonly id: string; readonly workflowId: string; readonly hash: string } {
    return { id, workflowId: documentWorkflowId(this.reference.batchId, id), hash };
  }

  /** The answer of the activity. It names the parts of the log, so the lines are written first. */
  async answer(facts: Pick<GroupAnswer, 'polls' | 'listedAtMs' | 'goesOn'> = {}): Promise<GroupAnswer> {
    await this.flush();
    return {
      parts: [...this.details.parts],
      pending: this.documents.filter(({ id }) => this.log.outcomeOf(id) === undefined).length,
      toSubmit: this.standing('toSubmit').length,
      ended: countByOutcome(this.log.newOutcomes),
      batchRunIds: this.accepted.map(({ batchRunId }) => batchRunId),
      ...facts,
    };
  }

  get #read(): { readonly documents: readonly GroupDocument[]; readonly log: GroupLog } {
    if (this.#contents === undefined) throw new Error('the contents of the group are not read yet');
    return this.#contents;
  }
}

/** Counts outcomes by the words of the metric `extend_parse_documents`. */
function countByOutcome(outcomes: readonly GroupOutcome[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const outcome of outcomes) {
    const word = outcome.status === 'failed' ? outcome.failure.type : COUNTED[outcome.status];
    counts[word] = (counts[word] ?? 0) + 1;
  }
  return counts;
}

const COUNTED = { processed: 'Processed', cancelled: 'Cancelled', left: 'Cancelled' } as const;
