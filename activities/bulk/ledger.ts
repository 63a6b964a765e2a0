import type { SubmitIdentity } from '../../contract';
import type { BatchStore } from '../batch/batch-store';
import type { BatchLocation } from '../types';
import { entryName } from './group-objects';

/** A submit of documents of a group. Its member names are those of the stored JSON. */
export interface LedgerEntry extends SubmitIdentity {
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
      const [entry] = (await store.readIfThere(`${place.uri}/${entryName(group, number)}`)) ?? [];
      if (entry === undefined) break;
      entries.push({ ...(entry as LedgerEntry), number });
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

  /** Adds an entry. */
  async add(entry: LedgerEntry): Promise<NumberedEntry> {
    const added = { ...entry, number: this.nextNumber };
    await this.#write(added);
    this.#entries = [...this.#entries, added];
    return added;
  }

  /** Changes the facts of an entry. */
  async change(
    entry: NumberedEntry,
    facts: Pick<LedgerEntry, 'batchRunId' | 'isAdopted' | 'isGivenUp' | 'isVoid'>,
  ): Promise<NumberedEntry> {
    const changed = { ...entry, ...facts };
    await this.#write(changed);
    this.#entries = this.#entries.map((one) => (one.number === entry.number ? changed : one));
    return changed;
  }

  async #write({ number, ...entry }: NumberedEntry): Promise<void> {
    await this.#store.write(`${this.#place.directory}/${entryName(this.#group, number)}`, [entry]);
  }
}
