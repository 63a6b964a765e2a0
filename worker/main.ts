import { NativeConnection, Runtime } from '@temporalio/worker';
import { DEFAULT_ADDRESS, DEFAULT_NAMESPACE, type Environment } from '../contract';
import { readWorkerConfiguration, type WorkerConfiguration } from './configuration';
import { createParseWorker } from './create-parse-worker';
import { METRIC_BUCKETS } from './metric-buckets';

/** Settings of {@link runWorker}. */
export interface RunWorkerOptions {
  /** Where the configuration is. @default process.env */
  readonly environment?: Environment;
  /**
   * Called once the worker polls, with the line that says so, and a function that tells whether the worker still polls: not
   * any more once it was told to stop, although it lets running requests finish.
   */
  readonly onReady?: (line: string, isPolling: () => boolean) => void;
}

/**
 * Runs a worker, configured from environment variables, until the process is told to stop (SIGINT, SIGTERM): it then
 * takes no new work, lets running requests finish, and returns. It is made for a process of its own, since it installs
 * Temporal's runtime.
 *
 * @throws ConfigurationError if a variable is missing or wrong; whatever connecting to Temporal throws.
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

function installRuntime({ metricsAddress }: WorkerConfiguration): void {
  if (metricsAddress === undefined) return;
  const prometheus = { bindAddress: metricsAddress, histogramBucketOverrides: METRIC_BUCKETS };
  Runtime.install({ telemetryOptions: { metrics: { prometheus } } });
}
