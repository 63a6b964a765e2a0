import type { ReplayWorkerOptions, WorkerOptions, WorkerPlugin } from '@temporalio/worker';
import { createParseActivities, type ParseActivities, type ParseActivitiesOptions } from '../activities';
import { withRunIdLogged } from './log-run-id';
import { shutdownTimes } from './shutdown-times';

/** What {@link ExtendParsePlugin} sees of a worker's options, whether it runs or replays. */
type WorkflowSource = Pick<ReplayWorkerOptions, 'workflowsPath' | 'workflowBundle'>;

/**
 * Makes parsing part of a worker of yours: Temporal's plugin interface, for `plugins` of `Worker.create`,
 * `NativeConnection.connect` and `Worker.runReplayHistories`.
 *
 * The worker gets the activities; the workflows only if it has none of its own (`workflowsPath`, `workflowBundle`):
 * Temporal bundles one file of workflows per worker, so yours re-exports ours. Where you set no shutdown times, it gets
 * those of {@link createParseWorker}. Applied twice, or to connection and worker, it does what it does once.
 *
 * @throws TypeError or RangeError as {@link createParseActivities} does; TypeError from `Worker.create` if an activity of
 * one of its names is registered already: none is ever replaced.
 * @example
 * ```ts
 * const plugin = new ExtendParsePlugin({ apiKey });
 * const worker = await Worker.create({ connection, taskQueue: 'documents', plugins: [plugin] });
 * ```
 */
export class ExtendParsePlugin implements WorkerPlugin {
  /** Shown by Temporal for each worker that has it. */
  readonly name = 'temporal-extend-parse.ExtendParsePlugin';
  readonly #activities: ParseActivities;

  constructor(options: ParseActivitiesOptions) {
    this.#activities = createParseActivities(options);
  }

  configureWorker(options: WorkerOptions): WorkerOptions {
    const hasTimes = options.shutdownGraceTime !== undefined || options.shutdownForceTime !== undefined;
    return {
      ...withWorkflows(options),
      ...(hasTimes ? {} : shutdownTimes()),
      interceptors: withRunIdLogged(options),
      activities: besides(options.activities ?? {}, this.#activities),
    };
  }

  configureReplayWorker(options: ReplayWorkerOptions): ReplayWorkerOptions {
    return withWorkflows(options);
  }
}

function withWorkflows<T extends WorkflowSource>(options: T): T {
  if (options.workflowsPath !== undefined || options.workflowBundle !== undefined) return options;
  return { ...options, workflowsPath: require.resolve('../workflows') };
}

function besides(registered: object, activities: ParseActivities): object {
  const taken = new Map(Object.entries(registered));
  for (const [name, activity] of Object.entries(activities)) {
    if ((taken.get(name) ?? activity) !== activity) {
      throw new TypeError(
        `activity '${name}' is registered already: rename yours, or give the worker one ExtendParsePlugin and no createParseActivities`,
      );
    }
  }
  return { ...registered, ...activities };
}
