import { makeTelemetryFilterString, NativeConnection, Runtime } from '@temporalio/worker';
import { DEFAULT_ADDRESS, DEFAULT_NAMESPACE, type Environment } from '../contract';
import { readWorkerConfiguration, type WorkerConfiguration } from './configuration';
import { createParseWorker } from './create-parse-worker';
import { createLogger } from './logger';
import { METRIC_BUCKETS } from './metric-buckets';

/** Settings of {@link runWorker}. */
export interface RunWorkerOptions {
  /** Environment variables with the configuration. @default process.env */
  readonly environment?: Environment;
  /**
   * Called when the worker has begun to poll. `line` is a text for the log. `isPolling` tells if the worker still
   * polls. It gives `false` from the moment when the worker is told to stop, although requests in flight still finish.
   */
  readonly onReady?: (line: string, isPolling: () => boolean) => void;
}

/**
 * Runs a worker, configured by environment variables, until the process gets SIGINT or SIGTERM. The worker then takes
 * no new work, lets requests in flight finish, and the function returns. Use it in a separate process, because it
 * installs Temporal's runtime.
 *
 * @throws ConfigurationError if a variable is missing or wrong; the errors of the connection to Temporal.
 */
export async function runWorker(options: RunWorkerOptions = {}): Promise<void> {
  const { environment = process.env, onReady = () => undefined } = options;
  const configuration = readWorkerConfiguration(environment);
  installRuntime(configuration);
  const { address = DEFAULT_ADDRESS, ...connectionOptions } = configuration.temporal.connectionOptions;
  const namespace = configuration.temporal.namespace ?? DEFAULT_NAMESPACE;
  const connection = await NativeConnection.connect({ address, ...connectionOptions });
  try {
    const { taskQueue } = configuration;
    const worker = await createParseWorker({ ...configuration, connection, namespace });
    const running = worker.run();
    onReady(`polling ${taskQueue} at ${address}`, () => worker.getState() === 'RUNNING');
    await running;
  } finally {
    await connection.close();
  }
}

function installRuntime({ metricsAddress, ...logOptions }: WorkerConfiguration): void {
  const { logLevel = 'INFO' } = logOptions;
  // Temporal's native part writes to standard error itself, unless its lines are forwarded. Below WARN it writes a lot.
  const filter = makeTelemetryFilterString({ core: logLevel === 'INFO' ? 'WARN' : logLevel, other: 'ERROR' });
  const metrics = metricsAddress && {
    prometheus: { bindAddress: metricsAddress, histogramBucketOverrides: METRIC_BUCKETS },
  };
  Runtime.install({
    logger: createLogger(logOptions),
    telemetryOptions: { logging: { filter, forward: {} }, ...(metrics && { metrics }) },
  });
}
