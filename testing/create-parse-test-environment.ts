import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { ParseClient } from '../client';
import { DEFAULT_TASK_QUEUE } from '../contract';
import { type Emulator, type EmulatorOptions, startEmulator } from '../local/extend';
import { createParseWorker, type ParseWorkerOptions } from '../worker';
import { withBundledWorkflows } from './bundle-workflows';
import { createDocumentChooser, type ScriptedDocumentName } from './choose-document';
import { startTemporalEnvironment, type TestServerKind } from './temporal-environment';

type WorkerSettings = NonNullable<ParseWorkerOptions['worker']>;
type ParseWorker = Awaited<ReturnType<typeof createParseWorker>>;

/** Settings of {@link createParseTestEnvironment}. */
export interface ParseTestEnvironmentOptions {
  /**
   * `time-skipping`: waits take no time, but there are no payload limits and no visibility, and tests that wait must run
   * one after the other. `dev-server`: a real server; waits take as long as they take. @default 'time-skipping'
   */
  readonly server?: TestServerKind;
  /** Scripted documents of your own, by name, for {@link ParseTestEnvironment.document}. @default only the built-in ones */
  readonly scripts?: NonNullable<EmulatorOptions['scripts']>;
  /** Asked for every request to the emulator; what it returns is the answer. @default no faults */
  readonly faults?: NonNullable<EmulatorOptions['faults']>;
  /** Task queue of worker and client. @default 'extend-parse' */
  readonly taskQueue?: string;
  /** Workflows that the worker keeps in memory; 0 replays the history for every task. @default the SDK's */
  readonly maxCachedWorkflows?: number;
  /**
   * File of your own workflows. A worker has one such file, so it must re-export those of this package that you use:
   * `export * from 'temporal-extend-parse/workflows'`. @default this package's workflows
   */
  readonly workflowsPath?: string;
  /** Your own activities, beside those of this package. @default {} */
  readonly activities?: object;
  /**
   * Further settings of the activities: `maxInlineBytes`, `sourceDirectory`, time limits. Stored results go to a directory
   * that is deleted at the end, unless you name a place. @default {}
   */
  readonly parse?: Partial<ParseWorkerOptions['activities']>;
  /** Further options of `Worker.create`: plugins, interceptors. @default {} */
  readonly worker?: WorkerSettings;
}

/** A pipeline in a test: emulator, Temporal server, worker and client. */
export interface ParseTestEnvironment extends AsyncDisposable {
  /** Starts parses and waits for them. */
  readonly client: ParseClient;
  /** Temporal's own client, for your workflows. Awaiting a result with it skips time. */
  readonly temporal: TestWorkflowEnvironment['client'];
  /** What was requested, and what Extend would have billed. */
  readonly emulator: Emulator;
  /**
   * A document that plays a script: `ok`, `slow` (ten reads), `failing`, `rate-limited`, `huge` (a result that Temporal does
   * not carry), `never`, or one of your own. Each call gives another document, so that its script plays from the start.
   *
   * @throws RangeError that lists the names, if there is no such script.
   */
  document(script: ScriptedDocumentName): { readonly fileUrl: string };
  /** Task queue of the worker. */
  readonly taskQueue: string;
  /** Temporal's test environment: `sleep` skips time by hand. */
  readonly env: TestWorkflowEnvironment;
  /** The worker, running. */
  readonly worker: ParseWorker;
  /** Ends all of it. Await every result before: one that is pending would fail outside of your test. */
  close(): Promise<void>;
}

/** A test that ends while an activity hangs does not wait for it, in milliseconds. */
const SHUTDOWN_GRACE_MS = 0;
const SHUTDOWN_FORCE_MS = 5_000;

/**
 * Starts everything that a test of a pipeline needs: a local Extend, a Temporal server, a worker and a client. No
 * account, no Docker. The first call on a machine fetches the server, the first one with your workflows bundles them;
 * both are kept under `$XDG_CACHE_HOME` or `~/.cache`, and later calls take well under a second.
 *
 * Works in jest and vitest with their `node` environment and without fake timers.
 *
 * @throws Error that lists what was tried, if no Temporal server can be had.
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
  const { server = 'time-skipping', taskQueue = DEFAULT_TASK_QUEUE, scripts = {}, faults } = options;
  // The slowest of all begins first; if another one fails, nobody asks how it went.
  const bundling = withBundledWorkflows(workerSettings(options));
  bundling.catch(() => undefined);
  const emulator = await startEmulator({ scripts, ...(faults === undefined ? {} : { faults }) });
  closers.push(() => emulator.close());
  const temporal = await startTemporalEnvironment(server);
  closers.push(() => temporal.close());
  const { env } = temporal;
  const results = await resultPlace(options, closers);
  const worker = await createParseWorker({
    connection: env.nativeConnection,
    taskQueue,
    activities: { apiKey: 'test', baseUrl: emulator.url, ...options.parse, ...results },
    shutdownGraceTimeMs: SHUTDOWN_GRACE_MS,
    worker: await bundling,
  });
  const ended = worker.run();
  // A worker that fails is told to whoever closes the environment.
  ended.catch(() => undefined);
  closers.push(async () => {
    if (worker.getState() === 'RUNNING') worker.shutdown();
    // Activities that hang in a request end with the emulator.
    await emulator.close();
    await ended;
  });
  const client = new ParseClient({ client: env.client, taskQueue, ...results });
  const document = createDocumentChooser(scripts);
  return { client, temporal: env.client, emulator, document, taskQueue, env, worker };
}

/** Where worker and client keep stored results: where the test says, or in a directory that goes with the environment. */
async function resultPlace({ parse = {} }: ParseTestEnvironmentOptions, closers: (() => Promise<void>)[]) {
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
    ...(maxCachedWorkflows === undefined ? {} : { maxCachedWorkflows }),
    ...(workflowsPath === undefined ? {} : { workflowsPath }),
    ...(activities === undefined ? {} : { activities }),
    ...worker,
  };
}

/** Worker first, then the server under it: the other way round the worker would poll for ever. */
async function closeAll(closers: readonly (() => Promise<void>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const closer of closers.toReversed()) await closer().catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}
