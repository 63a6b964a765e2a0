import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll } from '@jest/globals';
import { Worker } from '@temporalio/worker';
import { ParseClient, ParseError, type ParseHandle } from '../../client';
import type { DocumentInput, ParseResult } from '../../contract';
import { API_VERSIONS, DEFAULT_API_VERSION, type ApiVersion } from '../../contract/extend';
import { startEmulator } from '../../local/extend';
import {
  createParseTestEnvironment,
  type EmulatorRequest,
  type EmulatorRun,
  type ParseTestEnvironment,
  type ParseTestEnvironmentOptions,
  type Reply,
} from '../../testing';
import { createParseWorker, type ParseWorkerOptions } from '../../worker';
import { quietly } from '../support/quietly';
import { createDevEnv } from '../support/servers';
import { bundledWorkflows } from './bundled-workflows';

/** Settings of a scene. `shared-dev-server` is the dev server that all test files share; it starts no server. */
export interface SceneOptions extends Omit<ParseTestEnvironmentOptions, 'server'> {
  readonly server?: 'time-skipping' | 'dev-server' | 'shared-dev-server';
}

/** The parts of an environment that a scene uses. */
type Environment = Pick<ParseTestEnvironment, 'client' | 'temporal' | 'emulator' | 'taskQueue' | 'env' | 'close'>;

/** Settings of a further worker. */
interface WorkerSettings {
  readonly activities?: Partial<ParseWorkerOptions['activities']>;
  readonly worker?: ParseWorkerOptions['worker'];
}

/** Input of a document, without the file. */
type InputOf = Omit<DocumentInput, 'file'>;

/** Both ways of a worker: to cache a workflow, or to replay its history for every task. The outcome must be the same. */
export const CACHING = [{ maxCachedWorkflows: 0 }, { maxCachedWorkflows: 10 }];

/** The requests for one document, and the runs that Extend would bill. */
export interface Counts {
  readonly submits: number;
  readonly runs: number;
  readonly polls: number;
  readonly results: number;
  readonly deletes: number;
}

/** One document under test: a URL that no other test uses. */
export interface TestDocument {
  readonly fileUrl: string;
  /** The id for its workflow. */
  readonly workflowId: string;
}

/** The environment of a test file, with methods that find the requests and runs of one document. */
export class Scene {
  #parsing: Environment | undefined;
  #workflowsPath: string | undefined;
  /** The workflow ids of all documents. */
  readonly #workflowIds: string[] = [];
  /** Start of all workflow ids: test files that share a server need different ids. */
  #idPrefix = '';
  readonly #holds: Hold[] = [];
  /** URL of each run's document, by the id of the run: the emulator describes all its runs anew for each look at them. */
  readonly #fileUrls = new Map<string, string | undefined>();
  /** Version of Extend's API in which the worker submits. */
  readonly apiVersion: ApiVersion;

  /** Starts the environment before the tests of the surrounding block, and closes it after them. */
  constructor(options: SceneOptions | (() => Promise<SceneOptions>) = {}) {
    this.apiVersion = (typeof options === 'function' ? undefined : options.apiVersion) ?? testedVersion();
    beforeAll(async () => {
      quietly();
      const { server, ...given } = typeof options === 'function' ? await options() : options;
      const faults = (request: EmulatorRequest) => this.#answer(request);
      const settings = { faults, apiVersion: this.apiVersion, ...given };
      this.#workflowsPath = given.workflowsPath;
      if (server === 'shared-dev-server') {
        this.#idPrefix = `${randomUUID()}-`;
        this.#parsing = await startOnSharedServer(settings);
      } else {
        // The environment bundles other workflows itself, and those of a worker whose options may change the bundle.
        const isUsual = given.workflowsPath === undefined && given.worker === undefined;
        const bundle = isUsual && { worker: { workflowBundle: await bundledWorkflows() } };
        const ownServer = { ...settings, ...bundle, ...(server && { server }) };
        this.#parsing = await createParseTestEnvironment(ownServer);
      }
    });
    afterAll(async () => {
      for (const hold of this.#holds) hold.release();
      await this.#parsing?.close();
    });
  }

  get parsing(): Environment {
    if (this.#parsing === undefined) throw new Error('the scene is used before beforeAll');
    return this.#parsing;
  }

  get client() {
    return this.parsing.client;
  }

  get temporal() {
    return this.parsing.temporal;
  }

  get emulator() {
    return this.parsing.emulator;
  }

  /** Returns a new document that plays the script. */
  document(script: string): TestDocument {
    const n = this.#workflowIds.length + 1;
    const workflowId = `${this.#idPrefix}${script}-${n}`;
    this.#workflowIds.push(workflowId);
    return { fileUrl: `http://emulator.invalid/${script}?n=${n}`, workflowId };
  }

  /** Starts the workflow of a document, under its id. */
  start({ fileUrl, workflowId }: TestDocument, input: InputOf = {}): Promise<ParseHandle> {
    return this.client.start({ file: { fileUrl }, ...input }, { workflowId });
  }

  /** Parses a document, under its id. */
  execute({ fileUrl, workflowId }: TestDocument, input: InputOf = {}): Promise<ParseResult> {
    return this.client.execute({ file: { fileUrl }, ...input }, { workflowId });
  }

  /** Submits a document without a workflow, and returns the id of its run. */
  async createRun({ fileUrl }: Pick<TestDocument, 'fileUrl'>, apiVersion = this.apiVersion): Promise<string> {
    const isOld = apiVersion === '2025-04-21';
    const response = await fetch(`${this.emulator.url}${isOld ? '/parse/async' : '/parse_runs'}`, {
      method: 'POST',
      headers: {
        authorization: 'Bearer test',
        'x-extend-api-version': apiVersion,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ file: isOld ? { fileUrl } : { url: fileUrl } }),
    });
    const { id } = (await response.json()) as { id: string };
    return id;
  }

  /** Creates another worker for the server and the emulator of this scene. */
  async createWorker(taskQueue: string, { activities, worker }: WorkerSettings = {}): Promise<Worker> {
    return createParseWorker({
      connection: this.parsing.env.nativeConnection,
      taskQueue,
      activities: { apiKey: 'test', baseUrl: this.emulator.url, apiVersion: this.apiVersion, ...activities },
      shutdownGraceTimeMs: 0,
      worker: { workflowBundle: await bundledWorkflows(), ...worker },
    });
  }

  /**
   * Replays the histories of all documents so far, as a worker without cached workflows does, and returns the error of
   * each; `undefined` if there is none. @throws WorkflowNotFoundError if a document was not started under its id
   */
  async replayErrors(): Promise<(Error | undefined)[]> {
    const histories = this.#workflowIds.map(async (workflowId) => {
      const history = await this.temporal.workflow.getHandle(workflowId).fetchHistory();
      return { workflowId, history };
    });
    const workflowBundle = await bundledWorkflows(this.#workflowsPath);
    const errors: (Error | undefined)[] = [];
    const replays = Worker.runReplayHistories({ workflowBundle }, await Promise.all(histories));
    for await (const { error } of replays) errors.push(error);
    return errors;
  }

  /** Returns the details of a document's workflow that Temporal's UI shows. */
  async detailsOf({ workflowId }: Pick<TestDocument, 'workflowId'>): Promise<string> {
    const { currentDetails = '' } = await this.temporal.workflow
      .getHandle(workflowId)
      .query<{ currentDetails?: string }>('__temporal_workflow_metadata');
    return currentDetails;
  }

  runsOf({ fileUrl }: Pick<TestDocument, 'fileUrl'>): readonly EmulatorRun[] {
    return this.emulator.runs.filter((run) => run.fileUrl === fileUrl);
  }

  /** Returns the only run of a document. */
  runOf(document: Pick<TestDocument, 'fileUrl'>): EmulatorRun {
    const [run, ...others] = this.runsOf(document);
    if (run === undefined || others.length > 0) throw new Error(`expected one run, got ${others.length} more or none`);
    return run;
  }

  /** Returns true if a request is about the document. */
  isAbout({ fileUrl }: Pick<TestDocument, 'fileUrl'>, request: EmulatorRequest): boolean {
    if (request.fileUrl === fileUrl) return true;
    return request.runId !== undefined && this.#fileUrlOf(request.runId) === fileUrl;
  }

  #fileUrlOf(runId: string): string | undefined {
    if (!this.#fileUrls.has(runId)) for (const run of this.emulator.runs) this.#fileUrls.set(run.id, run.fileUrl);
    return this.#fileUrls.get(runId);
  }

  countsOf(document: Pick<TestDocument, 'fileUrl'>): Counts {
    const count = (operation: EmulatorRequest['operation']) => this.requestsOf(document, operation).length;
    return {
      submits: count('submit'),
      runs: this.runsOf(document).length,
      polls: count('read'),
      results: count('result'),
      deletes: count('deleteRun'),
    };
  }

  /** Returns the document's requests of that kind. */
  requestsOf(
    document: Pick<TestDocument, 'fileUrl'>,
    operation: EmulatorRequest['operation'],
  ): readonly EmulatorRequest[] {
    return this.emulator.requests.filter(
      (request) => request.operation === operation && this.isAbout(document, request),
    );
  }

  /** Resolves once the given number of requests of that kind about the document were answered, or are in flight if they are held. */
  async seen(document: TestDocument, operation: RequestKind, times = 1): Promise<void> {
    const counted = new Set<number>();
    await this.emulator.waitFor((request) => {
      const about = isOperation(request, operation) && this.isAbout(document, request);
      if (about && request.outcome !== 'pending') counted.add(request.index);
      return counted.size >= times;
    });
  }

  /** Holds the document's requests of that kind until the hold is released. */
  hold(document: TestDocument, operation: RequestKind): Hold {
    const hold = new Hold((request) => isOperation(request, operation) && this.isAbout(document, request));
    this.#holds.push(hold);
    return hold;
  }

  async #answer(request: EmulatorRequest): Promise<Reply | undefined> {
    for (const hold of this.#holds) await hold.pass(request);
    return undefined;
  }
}

/** Kind of requests: an operation of the emulator, or each request for the state of a run, with or without its content. */
type RequestKind = EmulatorRequest['operation'] | 'poll';

function isOperation({ operation }: EmulatorRequest, wanted: RequestKind): boolean {
  return operation === wanted || (wanted === 'poll' && (operation === 'read' || operation === 'result'));
}

/** Version of the API for tests that hold for each version: `TEST_API_VERSION`, or the default of a worker. */
export function testedVersion(): ApiVersion {
  return API_VERSIONS.find((version) => version === process.env['TEST_API_VERSION']) ?? DEFAULT_API_VERSION;
}

/** Starts emulator, worker and client on the shared dev server, with a task queue of their own. */
async function startOnSharedServer(options: Omit<SceneOptions, 'server'>): Promise<Environment> {
  const { scripts = {}, faults, parse, maxCachedWorkflows, apiVersion } = options;
  const emulator = await startEmulator({ ...options.emulator, scripts, ...(faults && { faults }) });
  const env = await createDevEnv();
  const taskQueue = `scene-${randomUUID()}`;
  const worker = await createParseWorker({
    connection: env.nativeConnection,
    taskQueue,
    activities: { apiKey: 'test', baseUrl: emulator.url, ...(apiVersion && { apiVersion }), ...parse },
    shutdownGraceTimeMs: 0,
    worker: {
      workflowBundle: await bundledWorkflows(),
      shutdownForceTime: 5_000,
      ...(maxCachedWorkflows !== undefined && { maxCachedWorkflows }),
    },
  });
  const ended = worker.run();
  const close = async () => {
    worker.shutdown();
    // Activities that hang in a request end when the emulator closes its connections.
    await emulator.close();
    await ended;
    await env.teardown();
  };
  const client = new ParseClient({ client: env.client, taskQueue });
  return { client, temporal: env.client, emulator, taskQueue, env, close };
}

/** Keeps matching requests waiting until it is released. */
export class Hold {
  readonly #released: Promise<void>;
  #release: () => void = () => undefined;
  #arrived: () => void = () => undefined;
  /** Resolves when the first request waits. */
  readonly arrived: Promise<void>;

  constructor(private readonly matches: (request: EmulatorRequest) => boolean) {
    this.#released = new Promise((resolve) => (this.#release = resolve));
    this.arrived = new Promise((resolve) => (this.#arrived = resolve));
  }

  async pass(request: EmulatorRequest): Promise<void> {
    if (!this.matches(request)) return;
    this.#arrived();
    await this.#released;
  }

  /** Lets all requests pass from now on. */
  release(): void {
    this.#release();
  }
}

/** Returns the typed error with which a parse ends. */
export async function failureOf(ending: Promise<unknown>): Promise<ParseError> {
  const end: unknown = await ending.then(
    () => 'a result',
    (error: unknown) => error,
  );
  if (end instanceof ParseError) return end;
  throw new Error(`expected a ParseError, got ${String(end)}`);
}

/** Waits for all promises, even if one fails, because a parse that is still in flight would disturb the later tests. */
export async function allOf<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}
