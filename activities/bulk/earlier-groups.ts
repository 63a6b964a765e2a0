import { getClient } from '@temporalio/activity';
import { WorkflowNotFoundError } from '@temporalio/common';
import { groupWorkflowId, type DocumentOutcome } from '../../contract';
import type { BatchStore } from '../batch/batch-store';
import { eachOf } from '../batch/follow-documents';
import { batchId, siblingLocation } from '../batch/locations';
import type { BatchLocation, PageDocument } from '../types';
import { CLAIMS_NAME, CLOSED_NAME, SINGLES_NAME } from './group-objects';
import { Ledger, type LedgerEntry } from './ledger';

/** Ends of a workflow from outside. They tell nothing about the runs of the document. */
const ENDED_FROM_OUTSIDE: ReadonlySet<string> = new Set(['Cancelled', 'Terminated', 'TimedOut', 'Unexpected']);

/** An earlier execution of the batch. */
export interface EarlierExecution {
  readonly startId: string;
  /** Number of its groups. */
  readonly groups: number;
}

/** The facts that earlier executions of a bulk batch have left about documents which are not done. */
export class Claims {
  readonly #entries: readonly LedgerEntry[];
  readonly #singles: ReadonlySet<string>;
  /** Documents whose submits cannot deliver. */
  readonly #dropped = new Set<string>();
  /** Documents whose submits a group of this execution has. */
  readonly #taken = new Set<string>();

  constructor(entries: readonly LedgerEntry[] = [], singles: Iterable<string> = []) {
    this.#entries = [...entries].sort((one, other) => one.atMs - other.atMs);
    this.#singles = new Set(singles);
  }

  /**
   * Notes a document that has failed and is parsed again. Its submits are forgotten, unless the failure tells nothing
   * about their runs.
   */
  noteFailed({ id, failure }: Extract<DocumentOutcome, { status: 'failed' }>): void {
    if (failure.details.runMayExist !== true && !ENDED_FROM_OUTSIDE.has(failure.type)) this.#dropped.add(id);
  }

  /** Tells if a document was parsed alone before. Then a workflow of its own may exist, so it is parsed alone again. */
  wasSingle(id: string): boolean {
    return this.#singles.has(id);
  }

  /** Tells if a submit may have created a run of a document that can still deliver. */
  covers(document: PageDocument): boolean {
    return this.#entries.some((entry) => this.#isIn(entry, document));
  }

  /** The submits that may have created runs of these documents, in the order of time. */
  entriesOf(documents: readonly PageDocument[]): LedgerEntry[] {
    return this.#entries.flatMap((entry) => {
      const known = documents.filter((document) => this.#isIn(entry, document));
      if (known.length === 0) return [];
      for (const { id } of known) this.#taken.add(id);
      const covered = Object.fromEntries(known.map(({ id, hash = '' }) => [id, hash]));
      // A submit whose runs were not found is looked for once more.
      return [{ ...entry, isGivenUp: false, documents: covered }];
    });
  }

  /** Ids of the documents that were parsed alone before. */
  get singles(): Iterable<string> {
    return this.#singles;
  }

  /** The submits of documents that are in no group. Another start of the batch may have these documents again. */
  get left(): LedgerEntry[] {
    const isLeft = ([id]: [string, string]): boolean => !this.#taken.has(id) && !this.#dropped.has(id);
    return this.#entries.flatMap((entry) => {
      const documents = Object.fromEntries(Object.entries(entry.documents).filter(isLeft));
      return Object.keys(documents).length === 0 ? [] : [{ ...entry, documents }];
    });
  }

  /** With moved line numbers the id belongs to another document. */
  #isIn({ documents }: LedgerEntry, { id, hash }: PageDocument): boolean {
    return !this.#dropped.has(id) && Object.hasOwn(documents, id) && documents[id] === hash;
  }
}

/**
 * Reads what an earlier execution of a bulk batch has left. Its groups that still run are terminated first. From then on
 * they submit nothing, because each submit checks that its workflow runs after the ledger has its entry.
 */
export async function readClaims(
  store: BatchStore,
  location: BatchLocation,
  { startId, groups }: EarlierExecution,
): Promise<Claims> {
  const numbers = Array.from({ length: groups }, (_, index) => index + 1);
  await eachOf(numbers, (group) => terminate(groupWorkflowId(batchId(), startId, group)));
  const earlier = siblingLocation(location, startId);
  // A group that Temporal starts late finds the mark after its entry is in the ledger, or its entry is read here.
  await store.write(`${earlier.directory}/${CLOSED_NAME}`, [{}]);
  const ledgers = await eachOf(numbers, (group) => Ledger.open(store, earlier, group));
  const entries = ledgers.flatMap((ledger) => ledger.entries.map(({ number: _number, by: _by, ...entry }) => entry));
  const singles = (await store.readIfThere(`${earlier.uri}/${SINGLES_NAME}`)) ?? [];
  const left = (await store.readIfThere(`${earlier.uri}/${CLAIMS_NAME}`)) ?? [];
  return new Claims([...entries, ...(left as LedgerEntry[])], singles as string[]);
}

async function terminate(workflowId: string): Promise<void> {
  try {
    await getClient()
      .workflow.getHandle(workflowId)
      .terminate('the batch was started again, and continues with the runs of this group');
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}
