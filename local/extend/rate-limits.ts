import { RefusedRequest } from './refused-request';

/** Rate limits of an emulator. Each is one budget for all callers. Extend documents both, with numbers per plan. */
export interface RateLimitOptions {
  /** Largest number of requests within one second, presigned URLs excepted. @default no limit */
  readonly requestsPerSecond?: number;
  /** Largest number of runs that are created within one minute. Each document of a batch counts. @default no limit */
  readonly runsPerMinute?: number;
}

/**
 * The rate limits of one emulator. A request above a limit is refused, takes no effect, and does not count.
 */
export class RateLimits {
  readonly #requests: Budget;
  readonly #runs: Budget;

  /** @throws RangeError for a limit that is not a positive integer. */
  constructor({ requestsPerSecond, runsPerMinute }: RateLimitOptions) {
    this.#requests = new Budget('requestsPerSecond', requestsPerSecond, 1_000);
    this.#runs = new Budget('runsPerMinute', runsPerMinute, 60_000);
  }

  /** Counts a request that creates so many runs. @throws RefusedRequest 429 with `Retry-After` above a limit */
  take(runs: number): void {
    const now = performance.now();
    const waitMs = Math.max(this.#requests.waitMs(1, now), this.#runs.waitMs(runs, now));
    if (waitMs > 0) {
      const headers = { 'retry-after': String(Math.ceil(waitMs / 1000)) };
      throw new RefusedRequest(429, 'Rate limit exceeded', 'RATE_LIMIT_EXCEEDED', headers);
    }
    this.#requests.take(1, now);
    this.#runs.take(runs, now);
  }
}

/** A number of units within a window of time that moves with the clock. */
class Budget {
  readonly #limit: number;
  readonly #windowMs: number;
  /** Times at which units were taken, oldest first. */
  #takenAtMs: number[] = [];

  constructor(name: string, limit: number | undefined, windowMs: number) {
    if (limit !== undefined && (!Number.isSafeInteger(limit) || limit < 1)) {
      throw new RangeError(`${name} must be a positive integer, got ${limit}`);
    }
    this.#limit = limit ?? Number.POSITIVE_INFINITY;
    this.#windowMs = windowMs;
  }

  /** Returns the time until so many units are free. More units than the limit are free once no unit is taken. */
  waitMs(units: number, now: number): number {
    if (units === 0 || this.#limit === Number.POSITIVE_INFINITY) return 0;
    this.#takenAtMs = this.#takenAtMs.filter((atMs) => atMs + this.#windowMs > now);
    const excess = this.#takenAtMs.length + Math.min(units, this.#limit) - this.#limit;
    const last = this.#takenAtMs[excess - 1];
    return last === undefined ? 0 : last + this.#windowMs - now;
  }

  take(units: number, now: number): void {
    if (this.#limit === Number.POSITIVE_INFINITY) return;
    for (let taken = 0; taken < units; taken += 1) this.#takenAtMs.push(now);
  }
}
