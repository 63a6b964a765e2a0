import { DEFAULT_ADDRESS, type Environment } from '../contract';
import { readWorkerConfiguration, runWorker } from '../worker';
import { orUsageError } from './or-usage-error';
import { type ExitStatus, EXIT_STATUS } from './exit-status';
import { startHealthEndpoint } from './health-endpoint';
import { messageOf, noServer } from './connect-temporal';

/** Options of `extend-parse worker`. */
export interface WorkerArguments {
  /** Port of the health endpoint. @default none */
  readonly health?: number;
}

/**
 * `extend-parse worker`: runs a worker with the configuration of the environment until a signal ends it. It prints
 * `polling <task queue> at <address>` once it polls; from then on the health endpoint answers 200, until the signal.
 *
 * @throws CommandError if the environment is wrong or incomplete, or the Temporal server cannot be reached.
 */
export async function workerCommand({ health }: WorkerArguments, env: Environment): Promise<ExitStatus> {
  const { temporal } = orUsageError(() => readWorkerConfiguration(env));
  const endpoint = health === undefined ? undefined : await startHealthEndpoint({ port: health });
  try {
    await runWorker({
      environment: env,
      onReady: (line, isPolling) => {
        endpoint?.watch(isPolling);
        console.log(line);
      },
    });
    return EXIT_STATUS.success;
  } catch (error) {
    const address = temporal.connectionOptions.address ?? DEFAULT_ADDRESS;
    throw noServer({ message: `the worker for Temporal at ${address} ended: ${messageOf(error)}`, cause: error });
  } finally {
    await endpoint?.close();
  }
}
