import type { Connection } from '@temporalio/client';
import { checkSearchAttributes } from './check-search-attributes';
import type { Finding } from './finding';
import { connectClient, detailsOf, messageOf, type ConfiguredTemporal } from './connect-temporal';

/** A poller polls at least once a minute. A poller that has not polled for this time, in milliseconds, has ended. */
const POLLER_GONE_AFTER_MS = 90_000;
/** gRPC's status code for a namespace that does not exist. */
const NOT_FOUND = 5;
/** The numbers of a task queue's two types in Temporal's protocol. */
const QUEUE_TYPES = { workflows: 1, activities: 2 } as const;

/** A Temporal server and the task queue to check. */
export interface TemporalTarget extends ConfiguredTemporal {
  readonly taskQueue: string;
  /** `true`: the search attributes are checked too. */
  readonly searchAttributes: boolean;
}

/**
 * Checks the address, the namespace, the task queue with the workers that poll it, and on request the search attributes. If a check
 * fails, the checks that need it are skipped.
 */
export async function checkTemporal(target: TemporalTarget): Promise<Finding[]> {
  const { address } = target.connectionOptions;
  const subject = "Temporal's address";
  const connection = await connectClient(target).catch((error: unknown) => messageOf(error));
  if (typeof connection === 'string') {
    const remedy = 'Check TEMPORAL_ADDRESS (or TEMPORAL_PROFILE), TEMPORAL_API_KEY and the TLS settings.';
    return [
      { state: 'wrong', subject, says: `${address} does not answer: ${connection}`, remedy },
      ...notChecked('namespace', 'task queue', ...attributesOf(target)),
    ];
  }
  try {
    const { serverVersion } = await connection.workflowService.getSystemInfo({});
    const reached: Finding = { state: 'ok', subject, says: `${address} answers, server ${serverVersion}` };
    return [reached, ...(await checkNamespace(connection, target))];
  } finally {
    await connection.close();
  }
}

async function checkNamespace(connection: Connection, target: TemporalTarget): Promise<Finding[]> {
  const { namespace } = target;
  const subject = 'namespace';
  try {
    await connection.workflowService.describeNamespace({ namespace });
  } catch (error) {
    const unknown = (error as { code?: unknown }).code === NOT_FOUND;
    const remedy = unknown
      ? `Set TEMPORAL_NAMESPACE, or create it: temporal operator namespace create --namespace ${namespace}`
      : 'Check TEMPORAL_NAMESPACE, and whether TEMPORAL_API_KEY or the client certificate may use it.';
    const says = unknown ? `'${namespace}' does not exist` : `'${namespace}': ${detailsOf(error)}`;
    return [{ state: 'wrong', subject, says, remedy }, ...notChecked('task queue', ...attributesOf(target))];
  }
  return [
    { state: 'ok', subject, says: `'${namespace}' exists` },
    await checkWorkers(connection, target),
    ...(target.searchAttributes ? [await checkSearchAttributes(connection, namespace)] : []),
  ];
}

function attributesOf({ searchAttributes }: TemporalTarget): string[] {
  return searchAttributes ? ['search attributes'] : [];
}

function notChecked(...subjects: readonly string[]): Finding[] {
  return subjects.map((subject) => ({ state: 'skipped', subject, says: 'not checked' }));
}

/** Checks that workers poll the task queue, for workflows and for activities. */
export async function checkWorkers(
  connection: Pick<Connection, 'workflowService'>,
  { namespace, taskQueue }: Pick<TemporalTarget, 'namespace' | 'taskQueue'>,
): Promise<Finding> {
  const subject = 'task queue';
  try {
    const workflows = await pollersOf(connection, { namespace, taskQueue, type: QUEUE_TYPES.workflows });
    const activities = await pollersOf(connection, { namespace, taskQueue, type: QUEUE_TYPES.activities });
    const missing = [
      ...(workflows.length === 0 ? ['workflows'] : []),
      ...(activities.length === 0 ? ['activities'] : []),
    ];
    if (missing.length === 0) {
      return {
        state: 'ok',
        subject,
        says: `'${taskQueue}' is polled by ${[...new Set([...workflows, ...activities])].join(', ')}`,
      };
    }
    const says = `no worker polls '${taskQueue}' for ${missing.join(' and ')}`;
    const remedy =
      'Start one with extend-parse worker, or compare its EXTEND_PARSE_TASK_QUEUE and TEMPORAL_NAMESPACE with these.';
    return { state: 'wrong', subject, says, remedy };
  } catch (error) {
    const remedy = 'Check whether TEMPORAL_API_KEY or the client certificate may describe task queues.';
    return { state: 'wrong', subject, says: `'${taskQueue}': ${detailsOf(error)}`, remedy };
  }
}

async function pollersOf(
  connection: Pick<Connection, 'workflowService'>,
  { namespace, taskQueue, type }: { namespace: string; taskQueue: string; type: 1 | 2 },
): Promise<string[]> {
  const description = await connection.workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name: taskQueue },
    taskQueueType: type,
  });
  const sinceMs = Date.now() - POLLER_GONE_AFTER_MS;
  return (description.pollers ?? [])
    .filter(({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) * 1000 >= sinceMs)
    .map(({ identity }) => identity ?? 'a worker without identity');
}
