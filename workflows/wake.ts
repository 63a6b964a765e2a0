import { defined } from '../json';

/** Signals cause at most one extra poll in this time, so that a flood of forged signals costs little. In milliseconds. */
const MIN_BETWEEN_WAKES_MS = 5_000;

/** The state of a {@link Wake} that a workflow carries when it continues as new. Plain JSON. */
export interface WakeState {
  /** True if a signal arrived after the last poll. */
  readonly pending: boolean;
  /** Time of the last poll that a signal caused, epoch milliseconds. */
  readonly lastWokenMs?: number;
}

/** Remembers a request for an early poll until a poll follows. */
export class Wake {
  #pending: boolean;
  #lastWokenMs: number | undefined;

  constructor(state: WakeState = { pending: false }) {
    this.#pending = state.pending;
    this.#lastWokenMs = state.lastWokenMs;
  }

  /** Requests an early poll. A request before or during a wait is never lost. */
  readonly request = (): void => {
    this.#pending = true;
  };

  /** True if an early poll was requested after the last poll. */
  get isPending(): boolean {
    return this.#pending;
  }

  /** Time until the early poll may follow, in milliseconds. */
  restMs(nowMs: number): number {
    if (this.#lastWokenMs === undefined) return 0;
    return Math.max(this.#lastWokenMs + MIN_BETWEEN_WAKES_MS - nowMs, 0);
  }

  /** Records that a poll begins: it satisfies every earlier request. */
  consume(nowMs: number): void {
    if (this.#pending) this.#lastWokenMs = nowMs;
    this.#pending = false;
  }

  /** The state to carry. */
  get state(): WakeState {
    return defined({ pending: this.#pending, lastWokenMs: this.#lastWokenMs });
  }
}
