import type { ReplayWorkerOptions, WorkerOptions, WorkerPlugin } from '@temporalio/worker';
import { createParseActivities, type ParseActivities, type ParseActivitiesOptions } from '../activities';
import { withRunIdLogged } from './log-run-id';
import { shutdownTimes } from './shutdown-times';

/** The options of a worker, or of a replay, that choose its workflows. */
type WorkflowSource = Pick<ReplayWorkerOptions, 'workflowsPath' | 'workflowBundle'>;

/**
 * Plugin for your own Temporal worker that adds parsing to it. Pass it in `plugins` to `Worker.create`,
 * `NativeConnection.connect` or `Worker.runReplayHistories`.
 *
 * The plugin adds the activities. It adds the workflows only if the worker has none of its own (`workflowsPath`,
 * `workflowBundle`): Temporal bundles one file of workflows per worker, so your file re-exports the workflows of this
 * package. If you set no shutdown times, the plugin sets those of {@link createParseWorker}. Registering the same
 * plugin instance twice, or with the connection and the worker, is harmless.
 *
 * @throws TypeError or RangeError as {@link createParseActivities} does; TypeError from `Worker.create` if the worker
 * already has another activity with one of the names, because the plugin never replaces an activity.
 * @example
 * ```ts
 * const plugin = new ExtendParsePlugin({ apiKey });
 * const worker = await Worker.create({ connection, taskQueue: 'documents', plugins: [plugin] });
 * ```
 */
export class ExtendParsePlugin implements WorkerPlugin {
  /** Name of the plugin. Temporal shows it for each worker that uses the plugin. */
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
      activities: mergeActivities(options.activities ?? {}, this.#activities),
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

/** Adds the activities to those of the worker. @throws TypeError if one of the names belongs to another activity */
function mergeActivities(registered: object, activities: ParseActivities): object {
  const taken = new Map(Object.entries(registered));
  for (const [name, activity] of Object.entries(activities)) {
    if ((taken.get(name) ?? activity) !== activity) {
      throw new TypeError(
        `activity '${name}' is registered already: rename your activity, or register one ExtendParsePlugin and no createParseActivities`,
      );
    }
  }
  return { ...registered, ...activities };
}
