import { afterAll, beforeAll } from '@jest/globals';
import { ParseError } from '../../client';
import {
  createParseTestEnvironment,
  type EmulatorRequest,
  type EmulatorRun,
  type ParseTestEnvironment,
  type ParseTestEnvironmentOptions,
  type Reply,
} from '../../testing';
import { quietly } from '../support/quietly';

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
  #parsing: ParseTestEnvironment | undefined;
  #documents = 0;
  readonly #holds: Hold[] = [];

  /** Starts the environment before the tests of the surrounding block, and closes it after them. */
  constructor(options: ParseTestEnvironmentOptions | (() => Promise<ParseTestEnvironmentOptions>) = {}) {
    beforeAll(async () => {
      quietly();
      const given = typeof options === 'function' ? await options() : options;
      this.#parsing = await createParseTestEnvironment({ faults: (request) => this.#answer(request), ...given });
    });
    afterAll(async () => {
      for (const hold of this.#holds) hold.release();
      await this.#parsing?.close();
    });
  }

  get parsing(): ParseTestEnvironment {
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
    this.#documents += 1;
    const name = `${script}-${this.#documents}`;
    return { fileUrl: `http://emulator.invalid/${script}?n=${this.#documents}`, workflowId: name };
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
    const submitted = (request.bodyJson as { file?: { fileUrl?: string } } | undefined)?.file?.fileUrl;
    return submitted === fileUrl || this.runsOf({ fileUrl }).some(({ id }) => id === request.runId);
  }

  countsOf(document: Pick<TestDocument, 'fileUrl'>): Counts {
    const about = this.emulator.requests.filter((request) => this.isAbout(document, request));
    const count = (operation: string) => about.filter((request) => request.operation === operation).length;
    return {
      submits: count('submit'),
      runs: this.runsOf(document).length,
      polls: count('read'),
      results: count('result'),
      deletes: count('deleteRun'),
    };
  }

  /** Resolves once the given number of requests of that kind about the document were answered, or are in flight if they are held. */
  async seen(document: TestDocument, operation: EmulatorRequest['operation'], times = 1): Promise<void> {
    const counted = new Set<number>();
    await this.emulator.waitFor((request) => {
      const about = request.operation === operation && this.isAbout(document, request);
      if (about && request.outcome !== 'pending') counted.add(request.index);
      return counted.size >= times;
    });
  }

  /** Holds the document's requests of that kind until the hold is released. */
  hold(document: TestDocument, operation: EmulatorRequest['operation']): Hold {
    const hold = new Hold((request) => request.operation === operation && this.isAbout(document, request));
    this.#holds.push(hold);
    return hold;
  }

  async #answer(request: EmulatorRequest): Promise<Reply | undefined> {
    for (const hold of this.#holds) await hold.pass(request);
    return undefined;
  }
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
