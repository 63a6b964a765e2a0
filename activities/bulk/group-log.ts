import { activityInfo, heartbeat } from '@temporalio/activity';
import type { DocumentOutcome } from '../../contract';
import type { BatchStore } from '../batch/batch-store';
import type { BatchLocation, GroupReference, GroupWork } from '../types';
import { partName } from './group-objects';
import { attemptName } from './own-attempt';

/** Outcome of a document of a group. */
export type GroupOutcome = Exclude<DocumentOutcome, { status: 'skipped' }>;

/** A line of the log. Its member names are those of the stored JSON. */
export type LogLine =
  | { readonly kind: 'outcome'; readonly outcome: GroupOutcome }
  /** The source of a document was uploaded. */
  | { readonly kind: 'file'; readonly id: string; readonly fileId: string }
  /** The source of a document has given a URL, so there is nothing to upload. */
  | { readonly kind: 'url'; readonly id: string }
  /** The document is submitted again, because no entry of the ledger up to this number can deliver. */
  | { readonly kind: 'again'; readonly id: string; readonly upTo: number };

/** Heartbeat details for the next attempt. The object is changed in place, so that each heartbeat sends the newest facts. */
export interface GroupDetails {
  /** Parts of the log that the attempts so far have written. */
  parts: string[];
  /** Number of the last attempt whose parts are all known. */
  searchedUpTo: number;
  /** Polls of the attempts so far. */
  polls: number;
  /** Time of the last list, epoch milliseconds. */
  listedAtMs?: number;
  /** Requests for pages of lists so far. */
  listRequests: number;
  /** Time when all batches were first seen to have ended, epoch milliseconds. */
  endedAtMs?: number;
  /** Times when finished runs first lacked their output, epoch milliseconds, by run id. */
  readonly oddSinceMs: Record<string, number>;
  /** Attempts in a row in which the store failed and no result was stored. */
  storeFailures: number;
  /** Attempts after the deadline in which no result could be stored. */
  lateFailures: number;
}

/** Lines of a part. Further lines begin the next part, so that a kill costs the work of few documents. */
const PART_LINES = 100;

/**
 * The log of a group, in the result store: outcomes, uploads and decisions, in parts that are never changed. The name of a
 * part has the workflow execution, the activity and the attempt that wrote it, so that an attempt which Temporal has given
 * up overwrites nothing.
 */
export class GroupLog {
  readonly #store: BatchStore;
  readonly #place: BatchLocation;
  readonly #group: number;
  readonly #outcomes = new Map<string, GroupOutcome>();
  readonly #files = new Map<string, string | undefined>();
  readonly #again = new Map<string, number>();
  readonly #details: GroupDetails;
  /** Outcomes of this activity, also of its earlier attempts. */
  readonly #new: GroupOutcome[] = [];
  #isNew = false;
  #lines: LogLine[] = [];
  #written = 0;

  private constructor(store: BatchStore, { place, group }: GroupWork['group'], details: GroupDetails) {
    this.#store = store;
    this.#place = place;
    this.#group = group;
    this.#details = details;
  }

  /**
   * Reads the log: the parts that the workflow knows, and those of the earlier attempts of this activity, also those that
   * an attempt has written after its last heartbeat.
   */
  static async open(
    store: BatchStore,
    { group, parts }: Pick<GroupWork, 'group' | 'parts'>,
    details: GroupDetails,
  ): Promise<GroupLog> {
    const log = new GroupLog(store, group, details);
    for (const part of parts) await log.#read(part);
    log.#isNew = true;
    for (const part of details.parts) await log.#read(part);
    await log.#findUnknown();
    return log;
  }

  /** Outcome of a document, if it has one. */
  outcomeOf(id: string): GroupOutcome | undefined {
    return this.#outcomes.get(id);
  }

  /** Outcomes of all documents that have one. */
  get outcomes(): ReadonlyMap<string, GroupOutcome> {
    return this.#outcomes;
  }

  /** Outcomes that this activity has recorded, with those of its earlier attempts. */
  get newOutcomes(): readonly GroupOutcome[] {
    return this.#new;
  }

  /** Tells if the source of a document was opened before. */
  wasOpened(id: string): boolean {
    return this.#files.has(id);
  }

  /** Id of the file that was uploaded for a document. */
  fileOf(id: string): string | undefined {
    return this.#files.get(id);
  }

  /** Number of the last entry of the ledger that cannot deliver the document; 0 if each can. */
  againUpTo(id: string): number {
    return this.#again.get(id) ?? 0;
  }

  /** Adds a line. It is written with the next part. */
  async add(line: LogLine): Promise<void> {
    this.#take(line);
    this.#lines.push(line);
    if (this.#lines.length >= PART_LINES) await this.flush();
  }

  /** Writes the lines that are in no part yet. */
  async flush(): Promise<void> {
    const lines = this.#lines.splice(0);
    if (lines.length === 0) return;
    this.#written += 1;
    const part = partOf(activityInfo().attempt, this.#written);
    try {
      await this.#store.write(`${this.#place.directory}/${partName(this.#group, part)}`, lines);
    } catch (error) {
      this.#lines.unshift(...lines);
      throw error;
    }
    this.#details.parts.push(part);
    heartbeat(this.#details);
  }

  async #findUnknown(): Promise<void> {
    const { attempt } = activityInfo();
    for (let earlier = this.#details.searchedUpTo + 1; earlier < attempt; earlier += 1) {
      await this.#findPartsOf(earlier);
      this.#details.searchedUpTo = earlier;
    }
  }

  async #findPartsOf(attempt: number): Promise<void> {
    const known = new Set(this.#details.parts);
    for (let number = 1; ; number += 1) {
      const part = partOf(attempt, number);
      if (known.has(part)) continue;
      if (!(await this.#read(part))) return;
      this.#details.parts.push(part);
    }
  }

  async #read(part: string): Promise<boolean> {
    const lines = await readPart(this.#store, { place: this.#place, group: this.#group }, part);
    for (const line of lines ?? []) this.#take(line);
    return lines !== undefined;
  }

  #take(line: LogLine): void {
    if (line.kind === 'again') this.#again.set(line.id, line.upTo);
    if (line.kind === 'file') this.#files.set(line.id, line.fileId);
    if (line.kind === 'url') this.#files.set(line.id, undefined);
    // Of two outcomes the first counts.
    if (line.kind !== 'outcome' || this.#outcomes.has(line.outcome.id)) return;
    this.#outcomes.set(line.outcome.id, line.outcome);
    if (this.#isNew) this.#new.push(line.outcome);
  }
}

/** Reads the lines of a part of the log of a group. @returns undefined if the part does not exist */
export async function readPart(
  store: BatchStore,
  { place, group }: Pick<GroupReference, 'place' | 'group'>,
  part: string,
): Promise<LogLine[] | undefined> {
  return (await store.readIfThere(`${place.uri}/${partName(group, part)}`)) as LogLine[] | undefined;
}

function partOf(attempt: number, number: number): string {
  return `${attemptName(attempt)}-${number}`;
}

/** The heartbeat details of the attempts before, or those of a first attempt. */
export function openDetails(): GroupDetails {
  const opening: GroupDetails = {
    parts: [],
    searchedUpTo: 0,
    polls: 0,
    listRequests: 0,
    oddSinceMs: {},
    storeFailures: 0,
    lateFailures: 0,
  };
  return { ...opening, ...(activityInfo().heartbeatDetails as Partial<GroupDetails> | undefined) };
}
