import { setTimeout as sleep } from 'node:timers/promises';
import { cancellationSignal } from '@temporalio/activity';
import { classifyApiError, type AnyFailureType, type RequestPurpose } from '../../contract';
import { ParseApiError } from '../../contract/extend';

/** Attempts for one request. */
const MAX_ATTEMPTS = 5;
const DEFAULT_PAUSE_MS = 1_000;
/** Longest pause, in milliseconds. */
const MAX_PAUSE_MS = 60_000;

/** A pause of all requests of an activity, after an answer that asks for it. */
export class Pace {
  #untilMs = 0;

  /** Pauses all requests. */
  hold(pauseMs: number): void {
    this.#untilMs = Math.max(this.#untilMs, Date.now() + Math.min(pauseMs, MAX_PAUSE_MS));
  }

  /** Waits until the pause is over. */
  async ready(): Promise<void> {
    for (let leftMs = this.#untilMs - Date.now(); leftMs > 0; leftMs = this.#untilMs - Date.now()) {
      await sleep(leftMs, undefined, { signal: cancellationSignal() });
    }
  }
}

/**
 * Sends a request, and repeats it a few times after failures of the given types. All requests with the same pace pause
 * before that.
 *
 * @throws the error of the last attempt
 */
export async function repeatAfter<T>(
  types: readonly AnyFailureType[],
  { purpose, pace }: { readonly purpose: RequestPurpose; readonly pace: Pace },
  send: () => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    await pace.ready();
    try {
      return await send();
    } catch (error) {
      if (!(error instanceof ParseApiError) || attempt >= MAX_ATTEMPTS) throw error;
      if (!types.includes(classifyApiError(error, purpose))) throw error;
      pace.hold(error.retryAfterMs ?? DEFAULT_PAUSE_MS * attempt);
    }
  }
}
