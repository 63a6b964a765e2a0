import { Worker, type NativeConnection, type WorkerOptions } from '@temporalio/worker';
import { createParseActivities, type ParseActivitiesOptions } from '../activities';
import { DEFAULT_TASK_QUEUE } from '../contract';
import { defined } from '../json';
import { withRunIdLogged } from './log-run-id';
import { shutdownTimes } from './shutdown-times';
import { workflowSource } from './workflow-source';

/** Settings of {@link createParseWorker}. */
export interface ParseWorkerOptions {
  /** Connection to the Temporal server. You close it, after the worker has stopped. */
  readonly connection: NativeConnection;
  /** Temporal namespace. @default 'default' */
  readonly namespace?: string;
  /** Task queue to poll. @default 'extend-parse' */
  readonly taskQueue?: string;
  /** Settings of the activities, with the API key. */
  readonly activities: ParseActivitiesOptions;
  /**
   * Limit of activities per second, and so of requests to Extend, for all workers of the task queue together.
   * Temporal's server enforces the limit. It uses the value of the worker that polled last, so give all workers the
   * same value. The option switches off eager dispatch, because the server does not count eager activities. @default
   * none
   */
  readonly maxRequestsPerSecond?: number;
  /**
   * Time that a stopping worker waits for its activities, in milliseconds. The default is longer than the time limit of
   * a submit, so that a deployment makes no submit ambiguous. @default 75_000
   */
  readonly shutdownGraceTimeMs?: number;
  /**
   * More options of `Worker.create`, for example `maxCachedWorkflows` or your `workflowsPath`. They override the
   * options that follow from the settings above.
   * @default none
   */
  readonly worker?: Partial<WorkerOptions>;
}

/**
 * Creates a Temporal worker that runs the parse workflows and activities. The worker polls when you call its `run()`.
 *
 * @throws RangeError or TypeError if an option breaks its rule; the errors of `Worker.create`.
 */
export async function createParseWorker(options: ParseWorkerOptions): Promise<Worker> {
  const { connection, namespace, taskQueue = DEFAULT_TASK_QUEUE, worker = {} } = options;
  const given = { ...workflowSource(worker, connection), ...worker };
  return Worker.create({
    connection,
    taskQueue,
    ...defined({ namespace }),
    ...shutdownTimes(options.shutdownGraceTimeMs),
    ...rateLimit(options.maxRequestsPerSecond),
    ...given,
    interceptors: withRunIdLogged(given),
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
