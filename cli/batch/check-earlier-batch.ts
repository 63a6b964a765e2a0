import { resolve } from 'node:path';
import type { Client } from '@temporalio/client';
import { usageError } from '../exit-status';
import { type BatchArguments, shortHash } from './batch-arguments';

/** Name of the memo that tells which `--out` holds the stored results of a batch. */
const OUT_MEMO = 'extendParseOut';

/** The memo of a batch whose results are stored in its `--out`. It holds a hash, and no path. */
export function outMemo({ out, taskQueue }: BatchArguments): Readonly<Record<string, string>> {
  return taskQueue === undefined ? { [OUT_MEMO]: shortHash(resolve(out)) } : {};
}

/**
 * Checks that this call can continue the batch that the key has already: its workers must be those of the batch, and the
 * results must be stored in its `--out`.
 *
 * @param taskQueue the task queue that the batch of this call has
 * @throws CommandError that says how the batch was started
 */
export async function checkEarlierBatch(given: BatchArguments, temporal: Client, taskQueue: string): Promise<void> {
  const { key } = given;
  const earlier = await findBatch(temporal, key);
  if (earlier === undefined) return;
  if (earlier.taskQueue !== taskQueue) throw usageError(describeOtherQueue(given, earlier.taskQueue));
  const out = earlier.memo?.[OUT_MEMO];
  if (out !== undefined && given.taskQueue === undefined && out !== outMemo(given)[OUT_MEMO]) {
    throw usageError(`the key '${key}' belongs to a batch of another --out: repeat that call, or give another --key`);
  }
}

async function findBatch(temporal: Client, key: string) {
  const { WorkflowNotFoundError } = await import('@temporalio/client');
  try {
    return await temporal.workflow.getHandle(key).describe();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

function describeOtherQueue({ key, taskQueue }: BatchArguments, earlier: string): string {
  const owner = `the key '${key}' belongs to a batch on the task queue '${earlier}'`;
  const isOwn = earlier === privateTaskQueue(key);
  const repeat = isOwn ? 'leave --task-queue out' : `give --task-queue ${earlier}`;
  return `${owner}${taskQueue === undefined ? '' : `, not '${taskQueue}'`}: ${repeat}, or give another --key`;
}

/** The task queue of a batch whose documents the command's own worker parses. */
export function privateTaskQueue(key: string): string {
  return `extend-parse-cli-${key}`;
}
