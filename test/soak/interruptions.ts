import { setTimeout as sleep } from 'node:timers/promises';
import { htmlReply, type FaultChooser } from '../../local/extend';
import type { DevServer } from '../../local/temporal';
import type { Interruption } from './plan';
import type { WorkerProcess } from './worker-process';

/** A killed process leaves tasks behind that are handed to nobody; so long after it, they count as hit by it. */
const AFTERMATH_MS = 5_000;

/** What is interrupted. */
export interface Interrupted {
  readonly server: DevServer;
  readonly workers: readonly WorkerProcess[];
}

/** Performs the planned interruptions and remembers when they were. */
export class Interruptions {
  readonly #periods: { readonly fromMs: number; readonly toMs: number }[] = [];
  #outageUntilMs = 0;
  #serverDownAtMs: number | undefined;
  /** How many were performed so far. */
  readonly counts = { kill: 0, restart: 0, outage: 0 };

  /** Extend's answer while it is out of order. */
  readonly faults: FaultChooser = () => (Date.now() < this.#outageUntilMs ? htmlReply({ status: 503 }) : undefined);

  /** Performs one after the other at its time. Ends early on the signal. */
  async perform(planned: readonly Interruption[], what: Interrupted, signal: AbortSignal): Promise<void> {
    const beganAtMs = Date.now();
    for (const interruption of planned) {
      await sleep(Math.max(beganAtMs + interruption.atMs - Date.now(), 0), undefined, { signal }).catch(
        () => undefined,
      );
      if (signal.aborted) return;
      await this.#perform(interruption, what);
    }
  }

  /** Whether one of them fell into this time, or came shortly before it. Epoch milliseconds. */
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
