import { setMaxListeners } from 'node:events';
import { cancellationSignal } from '@temporalio/activity';

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
