import { utf8Bytes, type DocumentOutcome } from '../../contract';
import { segmentLength } from './next-step';

/** The outcomes of a batch that are not written yet. */
export class UnwrittenOutcomes {
  #outcomes: DocumentOutcome[] = [];
  /** Sizes of these outcomes, in bytes of JSON. */
  #sizes: number[] = [];

  /** Number of the outcomes, and the number of those that the next segment takes. */
  get counts(): { readonly unwritten: number; readonly inSegment: number } {
    return { unwritten: this.#outcomes.length, inSegment: segmentLength(this.#sizes) };
  }

  /** The outcomes that the next segment takes. */
  get segment(): readonly DocumentOutcome[] {
    return this.#outcomes.slice(0, segmentLength(this.#sizes));
  }

  /** Adds an outcome. */
  add(outcome: DocumentOutcome): void {
    this.#outcomes.push(outcome);
    this.#sizes.push(utf8Bytes(JSON.stringify(outcome)));
  }

  /** Removes the first outcomes, which are written. */
  drop(count: number): void {
    this.#outcomes = this.#outcomes.slice(count);
    this.#sizes = this.#sizes.slice(count);
  }
}
