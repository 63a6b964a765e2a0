import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { ParseClient } from '../client';
import { DEFAULT_TASK_QUEUE } from '../contract';
import { defined } from '../json';
import { type Emulator, type EmulatorOptions, startEmulator } from '../local/extend';
import { createParseWorker, type ParseWorkerOptions } from '../worker';
import { withBundledWorkflows } from './bundle-workflows';
import { createDocumentChooser, type ScriptedDocumentName } from './choose-document';
import { startReceiver } from './start-receiver';
import { startTemporalEnvironment, type TestServerKind } from './temporal-environment';

type WorkerSettings = NonNullable<ParseWorkerOptions['worker']>;
type Client = TestWorkflowEnvironment['client'];
type ParseWorker = Awaited<ReturnType<typeof createParseWorker>>;

/** Settings of {@link createParseTestEnvironment}. */
export interface ParseTestEnvironmentOptions {
  /**
   * Temporal server of the environment.
   *
   * - `time-skipping`: waits take no time. The server has no payload limits and no visibility, and tests that wait must
   *   run one after the other.
   * - `dev-server`: a real server, on which waits take real time.
   *
   * @default 'time-skipping'; 'dev-server' with `webhooks`
   */
  readonly server?: TestServerKind;
  /**
   * Your own scripted documents, by name, for {@link ParseTestEnvironment.document}. @default only the built-in ones
   */
  readonly scripts?: NonNullable<EmulatorOptions['scripts']>;
  /**
   * Chooses the reply to a request, or none. It is called for every request to the emulator, before any script.
   * @default no faults
   */
  readonly faults?: NonNullable<EmulatorOptions['faults']>;
  /** Further settings of the emulator, such as `runList` or `zeroRetention`. @default {} */
  readonly emulator?: Omit<EmulatorOptions, 'scripts' | 'faults' | 'port'>;
  /**
   * Version of Extend's API in which the worker submits. The emulator speaks both. @default '2025-04-21'
   */
  readonly apiVersion?: NonNullable<ParseWorkerOptions['activities']['apiVersion']>;
  /**
   * `true`: the emulator sends an event when a run ends, and a receiver signals the workflow. A scripted document then
   * ends by itself after `durationMs` of its script. Losses, delays and repetitions of events are members of the script
   * (`webhook`). Events come in real time, so the server is `dev-server`: the time-skipping server can hang when an event
   * meets the end of a timer.
   * @default false
   */
  readonly webhooks?: boolean;
  /** Task queue of worker and client. @default 'extend-parse' */
  readonly taskQueue?: string;
  /**
   * Number of workflows that the worker keeps in memory. With 0, it replays the history for every task. @default the
   * SDK's
   */
  readonly maxCachedWorkflows?: number;
  /**
   * File of your own workflows. A worker has only one such file, so it must re-export the workflows of this package
   * that you use: `export * from 'temporal-extend-parse/workflows'`. @default this package's workflows
   */
  readonly workflowsPath?: string;
  /** Your own activities, in addition to those of this package. @default {} */
  readonly activities?: object;
  /**
   * Further settings of the activities, such as `maxInlineBytes`, `sourceDirectory` or time limits. Without
   * `resultDirectory` and `resultStore`, results are stored in a directory that `close` deletes. @default {}
   */
  readonly parse?: Partial<ParseWorkerOptions['activities']>;
  /** Further options of `Worker.create`, such as plugins or interceptors. @default {} */
  readonly worker?: WorkerSettings;
}

/** An environment for tests of pipelines: emulator, Temporal server, worker and client. */
export interface ParseTestEnvironment extends AsyncDisposable {
  /** This package's client: it starts parses and waits for their results. */
  readonly client: ParseClient;
  /**
   * Temporal's client, for your own workflows. On the time-skipping server, time is skipped while you await a result.
   */
  readonly temporal: TestWorkflowEnvironment['client'];
  /** The emulator of Extend: it has the requests so far, and the runs that Extend would have billed. */
  readonly emulator: Emulator;
  /**
   * Returns a document that plays a script: `ok`, `slow` (ten polls), `failing`, `rate-limited`, `huge` (a result that
   * is too large for Temporal), `never`, or one of `scripts`. Each call returns another document, so that its script
   * plays from the start.
   *
   * @throws RangeError if there is no such script; the message lists the names.
   */
  document(script: ScriptedDocumentName): { readonly fileUrl: string };
  /** Task queue of the worker. */
  readonly taskQueue: string;
  /** Temporal's test environment. On the time-skipping server, its `sleep` skips time. */
  readonly env: TestWorkflowEnvironment;
  /** The running worker. */
  readonly worker: ParseWorker;
  /**
   * Ends all parts. Await every result first: a pending one would fail outside of your test. It may be called more than
   * once.
   */
  close(): Promise<void>;
}

/**
 * Grace period of the worker's shutdown, in milliseconds. With 0, a test that ends while an activity hangs does not
 * wait for it.
 */
const SHUTDOWN_GRACE_MS = 0;
/** Time limit of the worker's shutdown, in milliseconds. */
const SHUTDOWN_FORCE_MS = 5_000;

/**
 * Starts everything that a test of a pipeline needs: a local Extend, a Temporal server, a worker and a client. It needs
 * no account and no Docker.
 *
 * The first call on a machine fetches the server, and the first call with your workflows bundles them. Both are kept in
 * `$XDG_CACHE_HOME` or `~/.cache`, and later calls take well under a second.
 *
 * It works in jest and vitest with their `node` environment and without fake timers.
 *
 * @throws Error if no Temporal server is found or fetched; the message lists the sources that were tried.
 * @example
 * ```ts
 * await using parsing = await createParseTestEnvironment();
 * const result = await parsing.client.execute({ file: parsing.document('slow') });
 * ```
 */
export async function createParseTestEnvironment(
  options: ParseTestEnvironmentOptions = {},
): Promise<ParseTestEnvironment> {
  const closers: (() => Promise<void>)[] = [];
  let closing: Promise<void> | undefined;
  const close = () => (closing ??= closeAll(closers));
  try {
    return { ...(await startAll(options, closers)), close, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startAll(options: ParseTestEnvironmentOptions, closers: (() => Promise<void>)[]) {
  const { webhooks: hasWebhooks = false, server = hasWebhooks ? 'dev-server' : 'time-skipping' } = options;
  const { taskQueue = DEFAULT_TASK_QUEUE, scripts = {}, faults, apiVersion } = options;
  if (hasWebhooks && server === 'time-skipping') {
    throw new TypeError("webhooks need the server 'dev-server', because events come in real time");
  }
  // Bundling is the slowest step, so it begins first. If another step fails, nothing awaits the bundling.
  const bundling = withBundledWorkflows(workerSettings(options));
  bundling.catch(() => undefined);
  const temporal = await startTemporalEnvironment(server);
  closers.push(() => temporal.close());
  const { env } = temporal;
  const webhooks = await webhookOptions(options, env.client, closers);
  const emulator = await startEmulator({ ...options.emulator, ...defined({ scripts, faults, webhooks }) });
  closers.push(() => emulator.close());
  const results = await resultLocation(options, closers);
  const worker = await createParseWorker({
    connection: env.nativeConnection,
    taskQueue,
    activities: { apiKey: 'test', baseUrl: emulator.url, ...defined({ apiVersion }), ...options.parse, ...results },
    shutdownGraceTimeMs: SHUTDOWN_GRACE_MS,
    worker: await bundling,
  });
  const ended = worker.run();
  // If the worker fails, `close` rejects with its error.
  ended.catch(() => undefined);
  closers.push(async () => {
    if (worker.getState() === 'RUNNING') worker.shutdown();
    // Activities that hang in a request end when the emulator closes its connections.
    await emulator.close();
    await ended;
  });
  const client = new ParseClient({ client: env.client, taskQueue, ...results });
  const document = createDocumentChooser(scripts);
  return { client, temporal: env.client, emulator, document, taskQueue, env, worker };
}

/** Starts a receiver, if it is wanted, and adds its endpoint to the settings of the emulator's webhooks. */
async function webhookOptions(
  { webhooks = false, emulator = {}, apiVersion = '2025-04-21' }: ParseTestEnvironmentOptions,
  client: Client,
  closers: (() => Promise<void>)[],
): Promise<EmulatorOptions['webhooks']> {
  if (!webhooks) return emulator.webhooks;
  const receiver = await startReceiver(client);
  closers.push(() => receiver.close());
  const { url, signingSecret } = receiver;
  const endpoints = [{ url, signingSecret, apiVersion }, ...(emulator.webhooks?.endpoints ?? [])];
  return { ...emulator.webhooks, endpoints };
}

/**
 * Returns the location of stored results, for worker and client: the test's own, or a directory that `close` deletes.
 */
async function resultLocation({ parse = {} }: ParseTestEnvironmentOptions, closers: (() => Promise<void>)[]) {
  const { resultDirectory, resultStore } = parse;
  if (resultStore !== undefined) return { resultStore };
  if (resultDirectory !== undefined) return { resultDirectory };
  const directory = await mkdtemp(join(tmpdir(), 'extend-parse-results-'));
  closers.push(() => rm(directory, { recursive: true, force: true }));
  return { resultDirectory: directory };
}

function workerSettings(options: ParseTestEnvironmentOptions): WorkerSettings {
  const { maxCachedWorkflows, workflowsPath, activities, worker } = options;
  return {
    shutdownForceTime: SHUTDOWN_FORCE_MS,
    ...defined({ maxCachedWorkflows, workflowsPath, activities }),
    ...worker,
  };
}

/** Closes the part that was started last first. The worker must end before its server, or it would poll for ever. */
async function closeAll(closers: readonly (() => Promise<void>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const closer of closers.toReversed()) await closer().catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}
