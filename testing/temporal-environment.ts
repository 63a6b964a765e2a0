import { TestWorkflowEnvironment } from '@temporalio/testing';
import { findTemporalServer, startDevServer } from '../local/temporal';

/** Which Temporal server a test environment runs on. */
export type TestServerKind = 'time-skipping' | 'dev-server';

/** A Temporal server for tests, and connections to it. */
export interface TemporalEnvironment {
  readonly env: TestWorkflowEnvironment;
  close(): Promise<void>;
}

/**
 * Starts a Temporal server of one's own. Its executable is looked for on the PATH and in the cache, then fetched.
 *
 * @throws ServerUnavailableError that lists what was tried, if no executable can be had.
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
