import type { ListedRun } from '../../contract/extend';
import { isPlainObject } from '../../json';
import type { GroupDocument } from './group-objects';
import type { NumberedEntry } from './ledger';

/** State of a document of a group, as ledger and log tell it. */
export type Standing =
  /** The document has an outcome. */
  | { readonly kind: 'done' }
  /** No submit of the document can deliver. */
  | { readonly kind: 'toSubmit'; readonly submits: number }
  /** The answer of its last submit is not known. */
  | { readonly kind: 'lost'; readonly submits: number; readonly entry: NumberedEntry }
  /** Its last submit is in a batch at Extend. */
  | { readonly kind: 'accepted'; readonly submits: number; readonly entry: AcceptedEntry };

/** An entry of the ledger whose batch is known. */
export type AcceptedEntry = NumberedEntry & { readonly batchRunId: string };

/** The facts of ledger and log that decide about a standing. */
export interface StandingFacts {
  /** Entries of the ledger that may have created runs, in order. */
  readonly entries: readonly NumberedEntry[];
  /** Tells if a document has an outcome. */
  readonly isDone: (id: string) => boolean;
  /** Number of the last entry that cannot deliver a document; 0 if each can. */
  readonly againUpTo: (id: string) => number;
}

/** Gives the standing of a document. Pure. */
export function standingOf(
  { id, earlierSubmits = 0 }: Pick<GroupDocument, 'id' | 'earlierSubmits'>,
  facts: StandingFacts,
): Standing {
  if (facts.isDone(id)) return { kind: 'done' };
  const claims = facts.entries.filter(({ documents }) => Object.hasOwn(documents, id));
  const submits = claims.length + earlierSubmits;
  const entry = claims.at(-1);
  if (entry === undefined || entry.number <= facts.againUpTo(id)) return { kind: 'toSubmit', submits };
  return isAccepted(entry) ? { kind: 'accepted', submits, entry } : { kind: 'lost', submits, entry };
}

/** Tells if the batch of an entry is known. */
export function isAccepted(entry: NumberedEntry): entry is AcceptedEntry {
  return entry.batchRunId !== undefined;
}

/** The submit of a document that a run belongs to. */
export interface RunOwner {
  readonly id: string;
  readonly entry: NumberedEntry;
}

/**
 * Finds the submit that the metadata of a run name. All four members of `metadata.temporal` must be those of a submit of
 * the ledger.
 *
 * @returns undefined for a run of another program, of another batch or of another document. Pure
 */
export function ownerOf(
  { metadata }: Pick<ListedRun, 'metadata'>,
  entries: readonly NumberedEntry[],
  { namespace, batchId }: { readonly namespace: string; readonly batchId: string },
): RunOwner | undefined {
  const named = metadata?.['temporal'];
  if (!isPlainObject(named) || named['namespace'] !== namespace) return undefined;
  const { workflowId, firstRunId, submit } = named;
  const prefix = `${batchId}/`;
  if (typeof workflowId !== 'string' || !workflowId.startsWith(prefix)) return undefined;
  const id = workflowId.slice(prefix.length);
  const entry = entries.find(
    (one) => one.firstRunId === firstRunId && one.submit === submit && Object.hasOwn(one.documents, id),
  );
  return entry && { id, entry };
}

/** Growth of the time between two lists of the runs of a group. */
const LIST_GROWTH = 1.5;
/** Time from the submit to the first list, in milliseconds. Runs that end sooner are listed with the end of their batch. */
const FIRST_LIST_MS = 10_000;
/** Requests for pages before the end of the batches, per document. The last list is not among them. */
const EARLY_REQUESTS_PER_DOCUMENT = 0.05;

/** The facts that decide if the runs of a group are listed before their batches have ended. */
export interface ListSituation {
  readonly documents: number;
  /** Time since the first submit, in milliseconds. */
  readonly elapsedMs: number;
  /** The same time at the last list. @default none yet */
  readonly listedAfterMs: number | undefined;
  /** Requests for pages so far. */
  readonly listRequests: number;
}

/**
 * Tells if the runs of a group are listed although their batches have not ended, so that results come before the last run
 * has ended. The time between two lists grows, because a list takes many requests. Pure.
 */
export function isListDue({ documents, elapsedMs, listedAfterMs = 0, listRequests }: ListSituation): boolean {
  if (listRequests >= documents * EARLY_REQUESTS_PER_DOCUMENT) return false;
  return elapsedMs >= Math.max(FIRST_LIST_MS, listedAfterMs * LIST_GROWTH);
}
