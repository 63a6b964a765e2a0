import { ApplicationFailure } from '@temporalio/common';
import type { SubmitIdentity } from '../../contract';
import type { BatchStore } from '../batch/batch-store';
import type { BatchLocation } from '../types';
import { entryName } from './group-objects';

/** A submit of documents of a group. Its member names are those of the stored JSON. */
export interface LedgerEntry extends SubmitIdentity {
  /** The attempt that has written the entry. Entries of an earlier start of the batch name none. */
  readonly by?: string;
  /** Time of the submit by the server's clock, epoch milliseconds. */
  readonly atMs: number;
  /** Id of the batch at Extend. Absent while no answer is known: the runs may exist. */
  readonly batchRunId?: string;
  /** `true`: the answer was lost, and the batch was found in the list of runs. */
  readonly isAdopted?: boolean;
  /** `true`: no run of it was listed in time, and its documents were decided about. */
  readonly isGivenUp?: boolean;
  /** `true`: Extend certainly created no run. */
  readonly isVoid?: boolean;
  /** Ids of the documents, with their hashes. */
  readonly documents: Readonly<Record<string, string>>;
}

/** An entry with its number in the ledger. */
export interface NumberedEntry extends LedgerEntry {
  readonly number: number;
}

/**
 * The ledger of a group: one object per submit. An entry is written before the request is sent, so that no attempt and no
 * later execution of the batch submits its documents again before it knows what became of them.
 */
export class Ledger {
  readonly #store: BatchStore;
  readonly #place: BatchLocation;
  readonly #group: number;
  #entries: readonly NumberedEntry[] = [];

  private constructor(store: BatchStore, place: BatchLocation, group: number) {
    this.#store = store;
    this.#place = place;
    this.#group = group;
  }

  /** Reads the ledger of a group. It may have no entry. */
  static async open(store: BatchStore, place: BatchLocation, group: number): Promise<Ledger> {
    const ledger = new Ledger(store, place, group);
    const entries: NumberedEntry[] = [];
    for (let number = 1; ; number += 1) {
      const entry = await ledger.#read(number);
      if (entry === undefined) break;
      entries.push(entry);
    }
    ledger.#entries = entries;
    return ledger;
  }

  /** The entries that may have created runs, in order. */
  get entries(): readonly NumberedEntry[] {
    return this.#entries.filter(({ isVoid }) => isVoid !== true);
  }

  /** Number that the next entry gets. */
  get nextNumber(): number {
    return this.#entries.length + 1;
  }

  /**
   * Adds an entry. {@link checkOwn} tells if no other attempt has written the same number in the same moment.
   *
   * @throws ApplicationFailure `Unavailable`, retried, if another attempt has written it before
   */
  async add(entry: LedgerEntry): Promise<NumberedEntry> {
    const added = { ...entry, number: this.nextNumber };
    if ((await this.#read(added.number)) !== undefined) throw writtenByOther();
    await this.#write(added);
    this.#entries = [...this.#entries, added];
    return added;
  }

  /**
   * Checks that the store still has this entry. An attempt that Temporal has given up may write the number of another
   * attempt.
   *
   * @throws ApplicationFailure `Unavailable`, retried, if another attempt has written it
   */
  async checkOwn(entry: NumberedEntry): Promise<void> {
    await this.#readAgain(entry);
  }

  /**
   * Changes facts of an entry. What another attempt has found out about its batch in the meantime stays.
   *
   * @throws ApplicationFailure `Unavailable`, retried, if another attempt has written the entry
   */
  async change(
    entry: NumberedEntry,
    facts: Pick<LedgerEntry, 'batchRunId' | 'isAdopted' | 'isGivenUp' | 'isVoid'>,
  ): Promise<NumberedEntry> {
    const known = await this.#readAgain(entry);
    const changed = known.batchRunId === undefined ? { ...known, ...facts } : known;
    if (changed !== known) await this.#write(changed);
    this.#entries = this.#entries.map((one) => (one.number === entry.number ? changed : one));
    return changed;
  }

  async #readAgain({ number, by }: NumberedEntry): Promise<NumberedEntry> {
    const stored = await this.#read(number);
    if (stored !== undefined && stored.by === by) return stored;
    throw writtenByOther();
  }

  async #read(number: number): Promise<NumberedEntry | undefined> {
    const uri = `${this.#place.uri}/${entryName(this.#group, number)}`;
    const [entry] = (await this.#store.readIfThere(uri)) ?? [];
    return entry === undefined ? undefined : { ...(entry as LedgerEntry), number };
  }

  async #write({ number, ...entry }: NumberedEntry): Promise<void> {
    await this.#store.write(`${this.#place.directory}/${entryName(this.#group, number)}`, [entry]);
  }
}

function writtenByOther(): ApplicationFailure {
  return ApplicationFailure.create({
    type: 'Unavailable',
    message: 'another attempt has written to the ledger of the group',
  });
}
