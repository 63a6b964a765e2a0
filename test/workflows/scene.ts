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

export { quietly } from '../support/quietly';
export { until } from '../support/until';

/** A workflow is kept in memory, or replayed from its history for every task: the outcome must be the same. */
export const CACHING = [{ maxCachedWorkflows: 0 }, { maxCachedWorkflows: 10 }];

/** What was requested for one document, and what it would have cost. */
export interface Counts {
  readonly submits: number;
  readonly runs: number;
  readonly reads: number;
  readonly results: number;
  readonly deletes: number;
}

/** One document under test: a URL that no other test uses. */
export interface TestDocument {
  readonly fileUrl: string;
  /** The workflow id to start it under. */
  readonly workflowId: string;
}

/** The environment of a test file, and the questions that its tests ask. */
export class Scene {
  #parsing: ParseTestEnvironment | undefined;
  #documents = 0;
  readonly #holds: Hold[] = [];

  /** Starts before the tests of the surrounding block and ends after them. */
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

  /** A document that plays the script. */
  document(script: string): TestDocument {
    this.#documents += 1;
    const name = `${script}-${this.#documents}`;
    return { fileUrl: `http://emulator.invalid/${script}?n=${this.#documents}`, workflowId: name };
  }

  runsOf({ fileUrl }: Pick<TestDocument, 'fileUrl'>): readonly EmulatorRun[] {
    return this.emulator.runs.filter((run) => run.fileUrl === fileUrl);
  }

  /** The only run of a document. */
  runOf(document: Pick<TestDocument, 'fileUrl'>): EmulatorRun {
    const [run, ...others] = this.runsOf(document);
    if (run === undefined || others.length > 0) throw new Error(`expected one run, got ${others.length} more or none`);
    return run;
  }

  /** Whether a request is about the document. */
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
      reads: count('read'),
      results: count('result'),
      deletes: count('deleteRun'),
    };
  }

  /** Resolves once a request of that kind about the document was answered so many times (or is on its way, if held). */
  async seen(document: TestDocument, operation: EmulatorRequest['operation'], times = 1): Promise<void> {
    const counted = new Set<number>();
    await this.emulator.waitFor((request) => {
      const about = request.operation === operation && this.isAbout(document, request);
      if (about && request.outcome !== 'pending') counted.add(request.index);
      return counted.size >= times;
    });
  }

  /** Holds the document's requests of that kind until released. */
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

/** Keeps requests waiting. */
export class Hold {
  readonly #released: Promise<void>;
  #release: () => void = () => undefined;
  #arrived: () => void = () => undefined;
  /** Resolves when the first request waits here. */
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

  /** Lets everything through from now on. */
  release(): void {
    this.#release();
  }
}

/** The typed error that a parse ends with. */
export async function failureOf(ending: Promise<unknown>): Promise<ParseError> {
  const end: unknown = await ending.then(
    () => 'a result',
    (error: unknown) => error,
  );
  if (end instanceof ParseError) return end;
  throw new Error(`expected a ParseError, got ${String(end)}`);
}

/** Waits for all of them, also where one fails: what is still on its way would disturb the tests that follow. */
export async function allOf<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}
