import { Worker, type NativeConnection, type WorkerOptions } from '@temporalio/worker';
import { createParseActivities, type ParseActivitiesOptions } from '../activities';
import { DEFAULT_TASK_QUEUE } from '../contract';
import { withRunIdLogged } from './log-run-id';
import { shutdownTimes } from './shutdown-times';

/** Settings of {@link createParseWorker}. */
export interface ParseWorkerOptions {
  /** Connection to the Temporal server. You close it, after the worker has stopped. */
  readonly connection: NativeConnection;
  /** Temporal namespace. @default 'default' */
  readonly namespace?: string;
  /** Task queue to poll. @default 'extend-parse' */
  readonly taskQueue?: string;
  /** How the activities reach Extend. */
  readonly activities: ParseActivitiesOptions;
  /**
   * Limit of activities per second, and so of requests to Extend, for all workers of the task queue together: Temporal's
   * server enforces it. The value of the worker that polled last counts, so give all workers the same. It switches off
   * eager dispatch, which would go past the limit. @default none
   */
  readonly maxRequestsPerSecond?: number;
  /**
   * How long a worker that was told to stop waits for its activities, in milliseconds. Longer than a submit may take, so
   * that a deploy makes no submit ambiguous. @default 75_000
   */
  readonly shutdownGraceTimeMs?: number;
  /** Options of `Worker.create`, laid over those that follow from the above: `maxCachedWorkflows`, your `workflowsPath`. @default none */
  readonly worker?: Partial<WorkerOptions>;
}

/**
 * Creates a Temporal worker that runs the parse workflows and activities. It polls once you call its `run()`.
 *
 * @throws RangeError or TypeError if an option breaks its rule; whatever `Worker.create` throws.
 */
export async function createParseWorker(options: ParseWorkerOptions): Promise<Worker> {
  const { connection, namespace, taskQueue = DEFAULT_TASK_QUEUE, worker = {} } = options;
  return Worker.create({
    connection,
    ...(namespace !== undefined && { namespace }),
    taskQueue,
    ...(worker.workflowBundle ? {} : { workflowsPath: require.resolve('../workflows') }),
    ...shutdownTimes(options.shutdownGraceTimeMs),
    ...rateLimit(options.maxRequestsPerSecond),
    ...worker,
    interceptors: withRunIdLogged(worker),
    activities: { ...createParseActivities(options.activities), ...worker.activities },
  });
}

function rateLimit(perSecond: number | undefined): Partial<WorkerOptions> {
  if (perSecond === undefined) return {};
  if (!Number.isFinite(perSecond) || perSecond <= 0) {
    throw new RangeError(`maxRequestsPerSecond must be a positive number, got ${perSecond}`);
  }
  return { maxTaskQueueActivitiesPerSecond: perSecond, maxEagerActivityReservationsPerWorkflowTask: 0 };
}
