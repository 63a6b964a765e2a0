import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_BASE_URL } from '../contract/extend';
import { ParseClient } from '../client';
import { startEmulator } from '../local/extend';
import { createParseWorker, type ParseWorkerOptions } from '../worker';
import { commonDirectory } from './common-directory';
import type { LocalParts } from './document-report';
import type { ParseSettings } from './parse-settings';
import { type ConfiguredTemporal, connectToTemporal, messageOf, noServer, startLocalTemporal } from './temporal-part';

/** Requests in flight get this long when the command ends early, in milliseconds. They had time before. */
const SHUTDOWN_GRACE_MS = 500;
const SHUTDOWN_FORCE_MS = 1_500;

/** All that has to run while documents are parsed. */
export interface ParseServices {
  readonly client: ParseClient;
  readonly local: LocalParts;
  /** Rejects when the worker ends although nobody asked it to. Never resolves. */
  readonly broken: Promise<never>;
  /** Ends a workflow for good, where cancelling did not. */
  terminate(workflowId: string): Promise<void>;
  /** Ends everything that was started, in the right order. */
  close(): Promise<void>;
}

/** Settings of {@link startParseServices}. */
export interface ParseServicesOptions {
  /** What is configured; the rest is started. */
  readonly settings: ParseSettings;
  /** Ends the start early. */
  readonly signal: AbortSignal;
  /** Told what runs where. */
  readonly say: (line: string) => void;
  /** What outlives this call, so that a later one goes on from it. @default a task queue and a directory for this call */
  readonly lasting?: LastingParts;
}

/** The parts of a call that outlive it. */
export interface LastingParts {
  readonly taskQueue: string;
  readonly resultDirectory: string;
  /** Directory in which an emulator keeps runs and documents, where the Temporal server outlives the call. */
  readonly emulatorDirectory: string;
}

type Closer = () => Promise<void>;

/**
 * Starts what is not configured, and a worker on a task queue of its own, so that it never answers somebody else's
 * documents.
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
  const resultDirectory = lasting?.resultDirectory ?? (await makeResultDirectory(closers));
  const activities = { ...(await startExtend(options, closers)), resultDirectory };
  const { namespace } = target;
  const taskQueue = lasting?.taskQueue ?? `extend-parse-cli-${randomUUID()}`;
  const { maxRequestsPerSecond } = settings.extend ?? {};
  const limit = maxRequestsPerSecond === undefined ? {} : { maxRequestsPerSecond };
  const parts = { connection: nativeConnection, namespace, taskQueue, activities, ...limit };
  const { broken } = await startWorker(parts, closers);
  return {
    client: new ParseClient({ client, taskQueue, resultDirectory }),
    local: { temporal: settings.temporal === undefined, extend: settings.extend === undefined },
    broken,
    terminate: async (workflowId) => {
      await client.workflow.getHandle(workflowId).terminate('the command was interrupted');
    },
  };
}

/** Results go past Temporal, so that a document may be of any size; they are read back at once. */
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
  const directory = commonDirectory(paths);
  const source = directory === undefined ? {} : { sourceDirectory: directory };
  if (settings.extend !== undefined) {
    say(`Extend: ${settings.extend.activities.baseUrl ?? DEFAULT_BASE_URL}`);
    return { ...settings.extend.activities, ...source };
  }
  // Workflows on a configured server go on after this call, and ask the next call's emulator for their runs.
  const isKept = settings.temporal !== undefined && lasting !== undefined;
  const emulator = await startEmulator(isKept ? { directory: lasting.emulatorDirectory } : {});
  closers.push(() => emulator.close());
  say(`Extend: a local emulator, not of Extend's quality; set EXTEND_API_KEY to use Extend itself`);
  return { apiKey: 'local', baseUrl: emulator.url, ...source };
}

async function startWorker(parts: ParseWorkerOptions, closers: Closer[]): Promise<{ broken: Promise<never> }> {
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

/** Last started, first closed. What fails to close must not keep the rest open. */
async function closeAll(closers: readonly Closer[]): Promise<void> {
  for (const closer of closers.toReversed()) await closer().catch(() => undefined);
}
