import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { cancellationSignal } from '@temporalio/activity';

/** Longest pause after a rate limit, in milliseconds. */
const MAX_PAUSE_MS = 60_000;

/**
 * Works on items, a few at a time. After an error no further item is begun, and the error is thrown when the items in
 * work have ended.
 *
 * @param mayGoOn tells before each item if it is begun. @default always
 */
export async function inLanes<T>(
  items: readonly T[],
  lanes: number,
  work: (item: T) => Promise<void>,
  mayGoOn: () => boolean = () => true,
): Promise<void> {
  // Each request and each write listens to it while it is in flight.
  setMaxListeners(0, cancellationSignal());
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < items.length && mayGoOn()) {
      const item = items[next] as T;
      next += 1;
      await work(item).catch((error: unknown) => {
        next = items.length;
        throw error;
      });
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: Math.min(lanes, items.length) }, lane));
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed) throw failed.reason;
}

/** A pause of all lanes, after an answer that asks for it. */
export class Pace {
  #untilMs = 0;

  /** Pauses all lanes. */
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
