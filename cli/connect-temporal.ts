import type { Connection } from '@temporalio/client';
import { findTemporalServer, ServerUnavailableError, startDevServer } from '../local/temporal';
import { DEFAULT_NAMESPACE, type Environment } from '../contract';
import { defined, errorMessage } from '../json';
import { readTemporalConfiguration, type WorkerConfiguration } from '../worker';
import { orUsageError } from './or-usage-error';
import { CommandError, EXIT_STATUS } from './exit-status';
import { toSafeLabel } from './to-label';

/** Time limit for a configured server to answer, in milliseconds. */
const CONNECT_TIMEOUT_MS = 10_000;

/** Address and namespace of a Temporal server. */
export interface ConfiguredTemporal {
  readonly connectionOptions: WorkerConfiguration['temporal']['connectionOptions'] & { readonly address: string };
  readonly namespace: string;
}

/** A dev server that the command has started. */
export interface LocalTemporal {
  readonly target: ConfiguredTemporal;
  /** Address of its web UI. */
  readonly uiUrl: string;
  close(): Promise<void>;
}

/**
 * The Temporal server that environment and profile name, or `undefined` if neither has an address.
 *
 * @throws CommandError if the profile does not exist or cannot be read.
 */
export function readConfiguredTemporal(env: Environment): ConfiguredTemporal | undefined {
  const { connectionOptions, namespace = DEFAULT_NAMESPACE } = orUsageError(() => readTemporalConfiguration(env));
  const { address } = connectionOptions;
  return address ? { connectionOptions: { ...connectionOptions, address }, namespace } : undefined;
}

/**
 * Starts a dev server on this machine.
 *
 * @throws CommandError that lists what was tried, if no server can be found, fetched or started.
 */
export async function startLocalTemporal(options: {
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}): Promise<LocalTemporal> {
  const { signal, say } = options;
  try {
    const executable = await findTemporalServer({ kind: 'dev-server', signal, onDownload: say });
    const server = await startDevServer({ executable });
    const target = { connectionOptions: { address: server.address }, namespace: DEFAULT_NAMESPACE };
    return { target, uiUrl: server.uiUrl, close: () => server.close() };
  } catch (error) {
    if (signal.aborted) throw error;
    if (!(error instanceof ServerUnavailableError)) throw noServer({ message: messageOf(error), cause: error });
    const lines = [...error.message.split('\n').map(toSafeLabel), 'Or set TEMPORAL_ADDRESS to a server that runs.'];
    throw noServer({ message: lines.join('\n'), cause: error });
  }
}

/**
 * Connects to the server, for a client and for a worker.
 *
 * @throws CommandError that names the address, if the server does not answer within 10 seconds.
 */
export async function connectToTemporal({ target }: { readonly target: ConfiguredTemporal }) {
  const { connectionOptions, namespace } = target;
  const { Client } = await import('@temporalio/client');
  const { NativeConnection } = await import('@temporalio/worker');
  try {
    const connection = await connectClient(target);
    const nativeConnection = await NativeConnection.connect(connectionOptions).catch(async (error: unknown) => {
      await connection.close();
      throw error;
    });
    const client = new Client({ connection, namespace });
    // The client's connection is not closed, and ends with the process: a retry of one of its calls on a closed connection
    // would throw out of a timer.
    const close = () => nativeConnection.close();
    return { client, nativeConnection, close };
  } catch (error) {
    const message = `Temporal at ${connectionOptions.address} does not answer: ${messageOf(error)}`;
    throw noServer({ message, cause: error });
  }
}

/** Connects to the server, for a client. @throws the error of the SDK, after 10 seconds at the latest */
export async function connectClient({ connectionOptions }: ConfiguredTemporal): Promise<Connection> {
  const { Connection } = await import('@temporalio/client');
  const { address, apiKey, tls, metadata } = connectionOptions;
  return Connection.connect({
    connectTimeout: CONNECT_TIMEOUT_MS,
    address,
    ...defined({ apiKey, tls, metadata }),
  });
}

/** The error that ends the command because there is no server. */
export function noServer({ message, cause }: { message: string; cause: unknown }): CommandError {
  return new CommandError({ message, exitStatus: EXIT_STATUS.noServer, cause });
}

/** The words of a connection's error, in one line without secrets; the native layer wraps them in its own notation. */
export function messageOf(error: unknown): string {
  const message = errorMessage(error);
  return toSafeLabel(/message: "([^"]+)"/.exec(message)?.[1] ?? message);
}

/** A gRPC error's own words, without its code, in one line without secrets. */
export function detailsOf(error: unknown): string {
  const { details } = error as { details?: unknown };
  return typeof details === 'string' && details !== '' ? toSafeLabel(details) : messageOf(error);
}
