import { htmlReply, type FaultChooser } from '../../local/extend';
import type { DevServer } from '../../local/temporal';
import { eachAtItsTime } from './at-its-time';
import type { Interruption } from './plan';
import type { LastingWorker } from './lasting-worker';

/** Time after an interruption, in milliseconds, in which it still affects documents: tasks of a killed process have no worker. */
const AFTERMATH_MS = 5_000;

/** The processes that are interrupted. */
export interface Interrupted {
  readonly server: DevServer;
  readonly workers: readonly LastingWorker[];
}

/** Performs the planned interruptions and records their times. */
export class Interruptions {
  readonly #periods: { readonly fromMs: number; readonly toMs: number }[] = [];
  #outageUntilMs = 0;
  #serverDownAtMs: number | undefined;
  /** The numbers of interruptions so far. */
  readonly counts = { kill: 0, restart: 0, outage: 0 };

  /** Answers every request with 503 during an outage. */
  readonly faults: FaultChooser = () => (Date.now() < this.#outageUntilMs ? htmlReply({ status: 503 }) : undefined);

  /** Performs the interruptions one after the other, each at its time. Ends early if the signal is aborted. */
  async perform(planned: readonly Interruption[], interrupted: Interrupted, signal: AbortSignal): Promise<void> {
    for await (const interruption of eachAtItsTime(planned, signal)) await this.#perform(interruption, interrupted);
  }

  /** Tells if an interruption was in this period or shortly before it. Epoch milliseconds. */
  within(fromMs: number, toMs: number): boolean {
    const open = this.#serverDownAtMs;
    const periods = open === undefined ? this.#periods : [...this.#periods, { fromMs: open, toMs: Infinity }];
    return periods.some((period) => period.fromMs <= toMs && period.toMs >= fromMs);
  }

  async #perform(interruption: Interruption, { server, workers }: Interrupted): Promise<void> {
    const fromMs = Date.now();
    switch (interruption.kind) {
      case 'kill':
        workers[interruption.worker]?.kill();
        break;
      case 'restart':
        this.#serverDownAtMs = fromMs;
        await server.restart(interruption.signal);
        this.#serverDownAtMs = undefined;
        break;
      case 'outage':
        this.#outageUntilMs = fromMs + interruption.forMs;
        break;
    }
    this.counts[interruption.kind] += 1;
    this.#periods.push({ fromMs, toMs: Math.max(Date.now(), this.#outageUntilMs) + AFTERMATH_MS });
  }
}
