import { setTimeout as sleep } from 'node:timers/promises';
import type { ParseTestEnvironment } from '../../../testing';

/** Pause between two probes, in milliseconds. It does not depend on the answers, so slow times have as many probes. */
const BETWEEN_PROBES_MS = 250;

/** The activity that answers a probe. */
export interface ProbeActivities {
  answer(probe: number): Promise<void>;
}

/** The delay that Temporal, the worker and the machine have at the same time as a test, whatever the load is. */
export class MachineDelay {
  readonly #startedAtMs: number[] = [];
  readonly #delaysMs: number[] = [];

  /** Activities for the worker of the test. Its workflows are those of `probe-workflows.ts`. */
  readonly activities: ProbeActivities = {
    answer: async (probe) => void this.#delaysMs.push(performance.now() - (this.#startedAtMs[probe] ?? Number.NaN)),
  };

  /**
   * Measures the time from a signal to the activity that its workflow starts for it, until a promise is settled.
   *
   * @returns the times, in milliseconds
   */
  async measureUntil(end: Promise<unknown>, { temporal, taskQueue }: ParseTestEnvironment): Promise<readonly number[]> {
    let hasEnded = false;
    const ended = () => void (hasEnded = true);
    end.then(ended, ended);
    const handle = await temporal.workflow.start('answerProbes', { taskQueue, workflowId: 'probes' });
    const signals: Promise<void>[] = [];
    while (!hasEnded) {
      signals.push(handle.signal('probe', this.#startedAtMs.push(performance.now()) - 1));
      await sleep(BETWEEN_PROBES_MS);
    }
    await Promise.all(signals);
    await handle.terminate();
    return this.#delaysMs;
  }
}
