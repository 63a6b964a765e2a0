/** The time limit of one document, on the clock of the workflow. */
export class Clock {
  /** The deadline, epoch milliseconds. */
  readonly deadlineAtMs: number;

  constructor(
    /** Start of the parse, epoch milliseconds. */
    readonly startedAtMs: number,
    private readonly deadlineMs: number,
  ) {
    this.deadlineAtMs = startedAtMs + deadlineMs;
  }

  /** Time since the start, in milliseconds. */
  get elapsedMs(): number {
    return Date.now() - this.startedAtMs;
  }

  /**
   * Time until the deadline, in whole milliseconds; 0 once the deadline has passed. It is never longer than the whole
   * time limit, also if the start is in the future, because Temporal refuses times that are too long.
   */
  get remainingMs(): number {
    return Math.min(Math.max(Math.round(this.deadlineAtMs - Date.now()), 0), this.deadlineMs);
  }
}
