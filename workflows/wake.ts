import { CancellationScope, condition, isCancellation } from '@temporalio/workflow';
import { findIdProblem } from '../contract/extend/ids';
import { defined } from '../json';
import type { RunFinishedNotice } from './messages';

/** Signals cause at most one extra poll in this time, so that a flood of forged signals costs little. In milliseconds. */
const MIN_BETWEEN_WAKES_MS = 5_000;

/** The state of a {@link Wake} that a workflow carries when it continues as new. Plain JSON. */
export interface WakeState {
  /** True if a signal arrived after the last poll. */
  readonly pending: boolean;
  /** Time of the last poll that a signal caused, epoch milliseconds. */
  readonly lastWokenMs?: number;
  /** Run ids that signals have named, while the run was not known. */
  readonly named?: readonly string[];
}

/** Limit of the run ids that are remembered, so that a flood of forged signals costs little. */
const MAX_NAMED = 5;

/** Runs that the parses of this workflow execution wait for. Temporal loads the module once per workflow. */
const followed = new Set<string>();

/**
 * Remembers a request for an early poll until a poll follows. A request that names the run of another parse of the same
 * workflow is ignored, so that a workflow may give each signal to the wakes of all its parses.
 */
export class Wake {
  #pending: boolean;
  #isSecond = false;
  #lastWokenMs: number | undefined;
  #named: readonly string[];
  #runId: string | undefined;

  constructor(state: WakeState = { pending: false }) {
    this.#pending = state.pending;
    this.#lastWokenMs = state.lastWokenMs;
    this.#named = state.named ?? [];
  }

  /** Requests an early poll. A request before or during a wait is never lost. */
  readonly request = (notice?: RunFinishedNotice): void => {
    const runId: unknown = notice?.runId;
    if (typeof runId === 'string' && runId !== this.#runId && followed.has(runId)) return;
    this.#pending = true;
    this.#isSecond = false;
    if (typeof runId !== 'string' || findIdProblem(runId) !== undefined || this.#named.includes(runId)) return;
    this.#named = [...this.#named, runId].slice(-MAX_NAMED);
  };

  /** Run ids that signals have named, the newest last. Each is a claim only. */
  get named(): readonly string[] {
    return this.#named;
  }

  /** Requests a second early poll, because an event may come before Extend shows the end of the run. */
  requestSecond(): void {
    this.#pending = true;
    this.#isSecond = true;
  }

  /** True if the requested early poll is a second one. */
  get isSecond(): boolean {
    return this.#isSecond;
  }

  /** Records the run that the parse waits for from now on. */
  follow(runId: string): void {
    this.#runId = runId;
    followed.add(runId);
    this.forgetNamed();
  }

  /** Forgets the named run ids, because the run is known or they were looked at. */
  forgetNamed(): void {
    this.#named = [];
  }

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
    this.#isSecond = false;
  }

  /** The state to carry. */
  get state(): WakeState {
    const named = this.#named.length > 0 ? this.#named : undefined;
    return defined({ pending: this.#pending, lastWokenMs: this.#lastWokenMs, named });
  }
}

/** Does some work, but cancels it when an early poll is requested. Returns `undefined` if it was cancelled. */
export async function untilWoken<T>(wake: Wake, start: () => Promise<T>): Promise<T | undefined> {
  const scope = new CancellationScope();
  const watch = new CancellationScope();
  const working = scope.run(start);
  const woken = watch.run(() => condition(() => wake.isPending));
  // Both are awaited or cancelled below, so their cancellation is not an unhandled rejection.
  working.catch(() => undefined);
  woken.catch(() => undefined);
  try {
    await Promise.race([working, woken]);
    scope.cancel();
    return await working;
  } catch (error) {
    const isCancelledHere = isCancellation(error) && !CancellationScope.current().consideredCancelled;
    if (!isCancelledHere) throw error;
    return undefined;
  } finally {
    watch.cancel();
  }
}
