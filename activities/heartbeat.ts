import { heartbeat } from '@temporalio/activity';

/** Well below the heartbeat time limits that the workflow sets. In milliseconds. */
const HEARTBEAT_INTERVAL_MS = 5_000;

/**
 * Heartbeats while the work runs, so that a cancellation reaches it and a dead worker is noticed. Work that is done
 * within five seconds sends none.
 *
 * @param details what the next attempt shall know. @default nothing
 */
export async function withHeartbeat<T>(work: Promise<T>, details?: object): Promise<T> {
  const timer = setInterval(() => heartbeat(details), HEARTBEAT_INTERVAL_MS);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}
