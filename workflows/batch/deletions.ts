import { log } from '@temporalio/workflow';
import type { DeleteRunsInput, TakeGroupInput, TakenOutcomes } from '../../activities/types';
import { unwrapActivityFailure } from '../failures';
import { deleteRunsCall } from './calls';

/** The deletions at Extend that a batch has begun. They run one after the other, and none of them fails the batch. After
 * one that has failed no further one begins, so that they cannot keep the batch from ending. */
export class Deletions {
  readonly #onChange: () => void;
  #last = Promise.resolve();
  #count = 0;
  #isGivenUp = false;

  /** @param onChange is called when a deletion has ended. */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** Number of deletions that have not ended. */
  get count(): number {
    return this.#count;
  }

  /** Begins to delete what the outcomes of a segment name, if the settings of the group require it. */
  start({ group, segment, parts }: TakeGroupInput, { toDelete = 0 }: TakenOutcomes): void {
    if (toDelete === 0) return;
    this.#count += 1;
    this.#last = this.#last.then(() => this.#perform({ group, segment, parts }));
  }

  async #perform(input: DeleteRunsInput): Promise<void> {
    try {
      if (!this.#isGivenUp) await deleteRunsCall(`segment ${input.segment}`).deleteRuns(input);
    } catch (error) {
      this.#isGivenUp = true;
      log.warn(`not deleted at Extend: ${unwrapActivityFailure(error).message}`);
    }
    this.#count -= 1;
    this.#onChange();
  }
}
