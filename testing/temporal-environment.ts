import { TestWorkflowEnvironment } from '@temporalio/testing';
import { findTemporalServer, startDevServer } from '../local/temporal';

/** The Temporal server of a test environment. */
export type TestServerKind = 'time-skipping' | 'dev-server';

/** A Temporal server for tests, and connections to it. */
export interface TemporalEnvironment {
  readonly env: TestWorkflowEnvironment;
  /** Closes the connections and ends the server. */
  close(): Promise<void>;
}

/**
 * Starts a Temporal server for one environment. Its executable is searched on the PATH and in the cache, and fetched if
 * it is not there.
 *
 * @throws ServerUnavailableError if no executable is found or fetched; the message lists the sources that were tried.
 */
export async function startTemporalEnvironment(kind: TestServerKind): Promise<TemporalEnvironment> {
  const path = await findTemporalServer({ kind });
  if (kind === 'time-skipping') {
    const executable = { type: 'existing-path', path } as const;
    const env = await TestWorkflowEnvironment.createTimeSkipping({ server: { executable } });
    return { env, close: () => env.teardown() };
  }
  const server = await startDevServer({ executable: path });
  try {
    const env = await TestWorkflowEnvironment.createFromExistingServer({ address: server.address });
    const close = async () => {
      await env.teardown();
      await server.close();
    };
    return { env, close };
  } catch (error) {
    await server.close();
    throw error;
  }
}
