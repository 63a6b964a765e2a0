/**
 * A hand-written loop: a workflow that submits, polls between `sleep`s, and fetches. It is as plain as possible: no failure
 * table, no deadline, no progress, no wake-up.
 */
import { proxyActivities, sleep } from '@temporalio/workflow';
import type * as activities from './activities';

/** Input of {@link sleepLoop}. */
export interface LoopInput {
  readonly fileUrl: string;
  readonly sleepMs: number;
}

const { loopSubmit, loopGetStatus, loopFetch } = proxyActivities<typeof activities>({
  startToCloseTimeout: '1 minute',
});

/** The loop. It polls at once and then after each sleep, so that N polls cost N − 1 timers. */
export async function sleepLoop({ fileUrl, sleepMs }: LoopInput): Promise<unknown> {
  const runId = await loopSubmit(fileUrl);
  while ((await loopGetStatus(runId)) === 'PROCESSING') await sleep(sleepMs);
  return loopFetch(runId);
}

/** A workflow that only sleeps. */
export async function bareSleep(ms: number): Promise<void> {
  await sleep(ms);
}
