import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { DEFAULT_BASE_URL } from '../contract/extend';
import { ParseClient } from '../client';
import { defined } from '../json';
import { startEmulator } from '../local/extend';
import { createParseWorker, type ParseWorkerOptions } from '../worker';
import { commonDirectory } from './common-directory';
import { findCurrentFailure, type CurrentFailure } from './current-failure';
import type { LocalParts } from './document-report';
import type { CallSettings } from './call-settings';
import {
  type ConfiguredTemporal,
  connectToTemporal,
  messageOf,
  noServer,
  startLocalTemporal,
} from './connect-temporal';

/** Time that requests in flight get if the command ends early, in milliseconds. `ParseCall.cancel` has waited before. */
const SHUTDOWN_GRACE_MS = 500;
const SHUTDOWN_FORCE_MS = 1_500;

/** The services that run while documents are parsed. */
export interface ParseServices {
  readonly client: ParseClient;
  readonly local: LocalParts;
  /** Rejects if the worker ends although the command did not shut it down. Never resolves. */
  readonly broken: Promise<never>;
  /** Client of the Temporal server. */
  readonly temporal: Client;
  /** Finds the failure that a document in flight waits after. */
  findFailure(workflowId: string): Promise<CurrentFailure | undefined>;
  /** Terminates a workflow that did not end when it was cancelled. */
  terminate(workflowId: string): Promise<void>;
  /** Ends the services that were started, the last one first. */
  close(): Promise<void>;
}

/** Settings of {@link startParseServices}. */
export interface ParseServicesOptions {
  /** The configured services; the others are started. */
  readonly settings: CallSettings;
  /** Interrupts the start. */
  readonly signal: AbortSignal;
  /** Gets a line for each service, with its location. */
  readonly say: (line: string) => void;
  /** Names that a later call uses again to continue. @default a task queue and a directory for this call */
  readonly lasting?: LastingParts;
  /** Workers that run already and parse the documents. @default none: the call runs a worker */
  readonly workers?: RunningWorkers;
}

/** Workers that run already. */
export interface RunningWorkers {
  readonly taskQueue: string;
  /** Directory in which they store results. */
  readonly resultDirectory: string;
}

/** The task queue and the directories that outlive a call. */
export interface LastingParts {
  readonly taskQueue: string;
  readonly resultDirectory: string;
  /** Directory in which an emulator keeps runs and documents, if the Temporal server outlives the call. */
  readonly emulatorDirectory: string;
}

/** Ends a service that was started. */
export type Closer = () => Promise<void>;

/**
 * Starts the services that are not configured, and a worker. The worker has a task queue of its own, so that it never gets
 * documents of another caller.
 *
 * @throws CommandError if there is no Temporal server.
 */
export async function startParseServices(options: ParseServicesOptions): Promise<ParseServices> {
  const closers: Closer[] = [];
  let closing: Promise<void> | undefined;
  const close = () => (closing ??= closeAll(closers));
  try {
    return { ...(await startAll(options, closers)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startAll(options: ParseServicesOptions, closers: Closer[]): Promise<Omit<ParseServices, 'close'>> {
  const { settings, signal, lasting } = options;
  const target = await startTemporal(options, closers);
  signal.throwIfAborted();
  const temporal = await connectToTemporal({ target });
  closers.push(() => temporal.close());
  const { client, nativeConnection } = temporal;
  signal.throwIfAborted();
  if (options.workers !== undefined) return useWorkers(client, options.workers);
  const resultDirectory = lasting?.resultDirectory ?? (await makeResultDirectory(closers));
  const activities = { ...(await startExtend(options, closers)), resultDirectory };
  const { namespace } = target;
  const taskQueue = lasting?.taskQueue ?? `extend-parse-cli-${randomUUID()}`;
  const { maxRequestsPerSecond } = settings.extend ?? {};
  const limit = defined({ maxRequestsPerSecond });
  const parts = { connection: nativeConnection, namespace, taskQueue, activities, ...limit };
  const { broken } = await startWorker(parts, closers);
  return {
    ...clientParts(client, { taskQueue, resultDirectory }),
    local: { temporal: settings.temporal === undefined, extend: settings.extend === undefined },
    broken,
  };
}

/** The parts that need no worker of this call. */
function clientParts(
  client: Client,
  workers: RunningWorkers,
): Pick<ParseServices, 'client' | 'temporal' | 'findFailure' | 'terminate'> {
  return {
    client: new ParseClient({ client, ...workers }),
    temporal: client,
    findFailure: (workflowId) => findCurrentFailure(client.workflow.getHandle(workflowId)),
    terminate: async (workflowId) => {
      await client.workflow.getHandle(workflowId).terminate('the command was interrupted');
    },
  };
}

function useWorkers(client: Client, workers: RunningWorkers): Omit<ParseServices, 'close'> {
  const broken = new Promise<never>(() => undefined);
  return { ...clientParts(client, workers), local: { temporal: false, extend: false }, broken };
}

/** Creates a directory for results: stored results do not pass through Temporal, so a document may have any size. */
async function makeResultDirectory(closers: Closer[]): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'extend-parse-results-'));
  closers.push(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

async function startTemporal(options: ParseServicesOptions, closers: Closer[]): Promise<ConfiguredTemporal> {
  const { settings, signal, say } = options;
  if (settings.temporal !== undefined) {
    const { connectionOptions, namespace } = settings.temporal;
    say(`Temporal: ${connectionOptions.address}, namespace ${namespace}`);
    return settings.temporal;
  }
  const temporal = await startLocalTemporal({ signal, say });
  closers.push(() => temporal.close());
  say(`Temporal: a local dev server, for this call only; web UI at ${temporal.uiUrl}`);
  return temporal.target;
}

async function startExtend(
  options: ParseServicesOptions,
  closers: Closer[],
): Promise<ParseWorkerOptions['activities']> {
  const { settings, say, lasting } = options;
  const paths = settings.documents.flatMap(({ location }) => ('path' in location ? [location.path] : []));
  const source = defined({ sourceDirectory: commonDirectory(paths) });
  if (settings.extend !== undefined) {
    say(`Extend: ${settings.extend.activities.baseUrl ?? DEFAULT_BASE_URL}`);
    return { ...settings.extend.activities, ...source };
  }
  // Workflows on a configured server continue after this call, and poll the next call's emulator for their runs.
  const isKept = settings.temporal !== undefined && lasting !== undefined;
  const emulator = await startEmulator(isKept ? { directory: lasting.emulatorDirectory } : {});
  closers.push(() => emulator.close());
  say(`Extend: a local emulator, not of Extend's quality; set EXTEND_API_KEY to use Extend itself`);
  return { apiKey: 'local', baseUrl: emulator.url, ...defined({ apiVersion: settings.apiVersion }), ...source };
}

/** Starts a worker that has little time to end. `broken` rejects if it ends although it was not told to. */
export async function startWorker(parts: ParseWorkerOptions, closers: Closer[]): Promise<{ broken: Promise<never> }> {
  const worker = await createParseWorker({
    ...parts,
    shutdownGraceTimeMs: SHUTDOWN_GRACE_MS,
    worker: { shutdownForceTime: SHUTDOWN_FORCE_MS },
  }).catch((cause: unknown) => {
    throw noServer({ message: `the worker cannot start: ${messageOf(cause)}`, cause });
  });
  const ended = worker.run();
  closers.push(async () => {
    if (worker.getState() === 'RUNNING') worker.shutdown();
    await ended.catch(() => undefined);
  });
  const broken = ended.then(
    () => new Promise<never>(() => undefined),
    (cause: unknown) => {
      throw noServer({ message: `the worker ended: ${messageOf(cause)}`, cause });
    },
  );
  broken.catch(() => undefined);
  return { broken };
}

/** Closes the service that was started last first. A service that fails to close does not keep the others open. */
export async function closeAll(closers: readonly Closer[]): Promise<void> {
  for (const closer of closers.toReversed()) await closer().catch(() => undefined);
}
