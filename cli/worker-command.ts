import { DEFAULT_ADDRESS, type Environment } from '../contract';
import { errorMessage } from '../json';
import { readWorkerConfiguration, runWorker, type WorkerConfiguration } from '../worker';
import { createLogger } from '../worker/logger';
import { checkKey } from './check-extend';
import { orUsageError } from './or-usage-error';
import { type ExitStatus, EXIT_STATUS } from './exit-status';
import { startHealthEndpoint } from './health-endpoint';
import { messageOf, noServer } from './connect-temporal';
import type { ListenAddress } from './parse-listen-address';
import { toSafeLabel } from './to-label';

/** Options of `extend-parse worker`. */
export interface WorkerArguments {
  /** Address of the health endpoint. @default none */
  readonly health?: ListenAddress;
}

/**
 * `extend-parse worker`: runs a worker with the configuration of the environment until a signal ends it. It prints
 * `polling <task queue> at <address>` once it polls; from then on the health endpoint answers 200, until the signal.
 *
 * @throws CommandError if the environment is wrong or incomplete, or the Temporal server cannot be reached.
 */
export async function workerCommand({ health }: WorkerArguments, env: Environment): Promise<ExitStatus> {
  const configuration = orUsageError(() => readWorkerConfiguration(env));
  const endpoint = health === undefined ? undefined : await startHealthEndpoint(health);
  try {
    await runWorker({
      environment: env,
      onReady: (line, isPolling) => {
        endpoint?.watch(isPolling);
        console.log(line);
        void warnAboutKey(configuration);
      },
    });
    return EXIT_STATUS.success;
  } catch (error) {
    const address = configuration.temporal.connectionOptions.address ?? DEFAULT_ADDRESS;
    throw noServer({ message: `the worker for Temporal at ${address} ended: ${messageOf(error)}`, cause: error });
  } finally {
    await endpoint?.close();
  }
}

/**
 * Makes one request to Extend, as `extend-parse doctor` does, and logs a warning if Extend refuses the key or cannot be
 * reached. The worker goes on in every case, because Extend may be reached later.
 */
async function warnAboutKey(configuration: WorkerConfiguration): Promise<void> {
  const logger = createLogger(configuration);
  try {
    const { state, subject, says, remedy = '' } = await checkKey(configuration.activities);
    if (state !== 'ok') logger.warn(`${subject}: ${toSafeLabel(`${says}; ${remedy}`)}`);
  } catch (error) {
    logger.warn(`Extend's key could not be checked: ${toSafeLabel(errorMessage(error))}`);
  }
}
