import { heartbeat } from '@temporalio/activity';

/** Time between two heartbeats, in milliseconds. It is well below the heartbeat timeouts that the workflow sets. */
const HEARTBEAT_INTERVAL_MS = 5_000;

/**
 * Sends heartbeats while the work runs. With them a cancellation reaches the activity, and Temporal notices a dead
 * worker. Work that ends within five seconds sends no heartbeat.
 *
 * @param details information for the next attempt. @default none
 */
export async function withHeartbeat<T>(work: Promise<T>, details?: object): Promise<T> {
  const timer = setInterval(() => heartbeat(details), HEARTBEAT_INTERVAL_MS);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}
