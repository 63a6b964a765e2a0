/**
 * What one would write by hand: a workflow that submits, reads the status in a loop of `sleep`, and fetches. It is as
 * plain as can be: no failure table, no deadline, no progress, no wake-up.
 */
import { proxyActivities, sleep } from '@temporalio/workflow';
import type * as activities from './activities';

/** What the loop is told. */
export interface LoopInput {
  readonly fileUrl: string;
  readonly sleepMs: number;
}

const { loopSubmit, loopGetStatus, loopFetch } = proxyActivities<typeof activities>({
  startToCloseTimeout: '1 minute',
});

/** Reads at once, then after each sleep: so that N reads cost N − 1 timers. */
export async function sleepLoop({ fileUrl, sleepMs }: LoopInput): Promise<unknown> {
  const runId = await loopSubmit(fileUrl);
  while ((await loopGetStatus(runId)) === 'PROCESSING') await sleep(sleepMs);
  return loopFetch(runId);
}

/** Nothing but a workflow that waits. */
export async function bareSleep(ms: number): Promise<void> {
  await sleep(ms);
}
