import type { ParseTestEnvironment } from '../../../testing';

/** The activity that answers a probe. */
export interface ProbeActivities {
  answer(probe: number): Promise<void>;
}

/**
 * Measures the time from a signal to the activity that a workflow starts for it. The workflow does nothing else, so this
 * is the delay of Temporal, the worker and the machine, whatever their load is.
 */
export class MachineProbe {
  readonly #arrivals = new Map<number, () => void>();
  readonly #delaysMs: number[] = [];

  /** Activities for the worker of the test. Its workflows are those of `probe-workflows.ts`. */
  readonly activities: ProbeActivities = { answer: async (probe) => this.#arrivals.get(probe)?.() };

  /** The times so far, in milliseconds. */
  get delaysMs(): readonly number[] {
    return this.#delaysMs;
  }

  /** Measures once. */
  async measure({ temporal, taskQueue }: ParseTestEnvironment): Promise<void> {
    const startedAtMs = performance.now();
    const probe = this.#delaysMs.length;
    const arrived = new Promise<void>((resolve) => this.#arrivals.set(probe, resolve));
    const signal = { workflowId: 'probes', signal: 'probe', signalArgs: [probe] };
    await temporal.workflow.signalWithStart('answerProbes', { taskQueue, ...signal });
    await arrived;
    this.#delaysMs.push(performance.now() - startedAtMs);
  }
}
