/** Signals cause at most one extra read in this time: a flood of forged ones is no bill. In milliseconds. */
const MIN_BETWEEN_WAKES_MS = 5_000;

/** What is carried of wake-ups when a workflow continues as new. Plain JSON. */
export interface WakeState {
  /** A signal came that no read has followed yet. */
  readonly pending: boolean;
  /** When a signal last caused a read, epoch milliseconds. */
  readonly lastWokenMs?: number;
}

/** Remembers that somebody asked for an early read, until a read follows. */
export class Wake {
  #pending: boolean;
  #lastWokenMs: number | undefined;

  constructor(state: WakeState = { pending: false }) {
    this.#pending = state.pending;
    this.#lastWokenMs = state.lastWokenMs;
  }

  /** Somebody asks for an early read. Before or during a wait, it is never lost. */
  readonly request = (): void => {
    this.#pending = true;
  };

  /** Whether somebody asked since the last read. */
  get isPending(): boolean {
    return this.#pending;
  }

  /** How long the early read has to wait still, in milliseconds. */
  restMs(nowMs: number): number {
    if (this.#lastWokenMs === undefined) return 0;
    return Math.max(this.#lastWokenMs + MIN_BETWEEN_WAKES_MS - nowMs, 0);
  }

  /** A read begins now: it answers everything that was asked before. */
  consume(nowMs: number): void {
    if (this.#pending) this.#lastWokenMs = nowMs;
    this.#pending = false;
  }

  /** What to carry on. */
  get state(): WakeState {
    return { pending: this.#pending, ...(this.#lastWokenMs !== undefined && { lastWokenMs: this.#lastWokenMs }) };
  }
}
