/** The workflows of the package, with one that shows the delay of the machine itself. */
import { condition, proxyActivities, setHandler, defineSignal } from '@temporalio/workflow';
import type { ProbeActivities } from './machine-probe';

export * from '../../../workflows';

const { answer } = proxyActivities<ProbeActivities>({ startToCloseTimeout: '1 minute' });
const probeSignal = defineSignal<[number]>('probe');

/** Answers each signal by an activity, as simply as a workflow can, until it is terminated. */
export async function answerProbes(): Promise<void> {
  const answers: Promise<void>[] = [];
  setHandler(probeSignal, (probe) => void answers.push(answer(probe)));
  await condition(() => false);
}
