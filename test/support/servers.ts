import { TestWorkflowEnvironment } from '@temporalio/testing';
import { startDevServer, type DevServer, type StartDevServerOptions } from '../../local/temporal';

/** `host:port` of the dev server that all test files share. Namespace `default`; task queues must be unique. */
export function devServerAddress(): string {
  return fromSetup('TEST_DEV_SERVER_ADDRESS');
}

/** Path of the `temporal` executable. */
export function devServerExecutable(): string {
  return fromSetup('TEST_DEV_SERVER_EXECUTABLE');
}

/** Path of the `temporal-test-server` executable. */
export function timeSkippingExecutable(): string {
  return fromSetup('TEST_TIME_SKIPPING_EXECUTABLE');
}

/** Connects to the shared dev server. `teardown()` closes the connections and leaves the server running. */
export async function createDevEnv(): Promise<TestWorkflowEnvironment> {
  return TestWorkflowEnvironment.createFromExistingServer({ address: devServerAddress() });
}

/**
 * Starts another time-skipping server and connects to it. All its clients share one clock, so tests that wait on the
 * server run one after the other. The server has no payload limits and no visibility.
 */
export async function createTimeSkippingEnv(): Promise<TestWorkflowEnvironment> {
  const executable = { type: 'existing-path', path: timeSkippingExecutable() } as const;
  return TestWorkflowEnvironment.createTimeSkipping({ server: { executable } });
}

/** Starts another dev server, for tests that need other settings. This takes about a quarter of a second. */
export async function startOwnDevServer(options: Omit<StartDevServerOptions, 'executable'> = {}): Promise<DevServer> {
  return startDevServer({ ...options, executable: devServerExecutable() });
}

function fromSetup(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run the tests through jest and its global set-up`);
  return value;
}
