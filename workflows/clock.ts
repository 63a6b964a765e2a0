/** The time limit of one document, on the clock of the workflow. */
export class Clock {
  /** The deadline, epoch milliseconds. */
  readonly deadlineAtMs: number;

  constructor(
    /** Start of the parse, epoch milliseconds. */
    readonly startedAtMs: number,
    deadlineMs: number,
  ) {
    this.deadlineAtMs = startedAtMs + deadlineMs;
  }

  /** Time since the start, in milliseconds. */
  get elapsedMs(): number {
    return Date.now() - this.startedAtMs;
  }

  /** Time until the deadline, in whole milliseconds; 0 once the deadline has passed. */
  get remainingMs(): number {
    return Math.max(Math.round(this.deadlineAtMs - Date.now()), 0);
  }
}
