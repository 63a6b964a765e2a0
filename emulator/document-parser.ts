import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { FailureReason, ParseJob, ParseOutcome } from './parse-job';

/** Threads at most; each holds its libraries in memory, some 100 MB. */
const MAX_THREADS = 2;

/** Limits of a {@link DocumentParser}. */
export interface DocumentParserOptions {
  /** Longest parsing of one document, in milliseconds. Waiting for a free thread does not count. */
  readonly parseTimeoutMs: number;
  /** Heap of one parser thread, in megabytes. Memory that a library takes outside of the heap is not counted. */
  readonly maxParserMemoryMb: number;
  /** File that the threads run. @default the built `emulator/parser-thread` */
  readonly threadFile?: string;
}

/** Parses documents apart from the thread that serves HTTP. */
export interface DocumentParser {
  /** Parses one document. Never rejects: a crash, a time-out and a full memory are failures of that document only. */
  parse(job: ParseJob): Promise<ParseOutcome>;
  /** Ends the threads. What is still being parsed fails. */
  close(): Promise<void>;
}

interface QueuedJob {
  readonly job: ParseJob;
  readonly resolve: (outcome: ParseOutcome) => void;
}

const CLOSED: ParseOutcome = { failureReason: 'INTERNAL_ERROR: the emulator was closed' };

/** Creates a parser. It starts its threads when documents need them, and replaces one that died. */
export function createDocumentParser(options: DocumentParserOptions): DocumentParser {
  return new ThreadPool(options);
}

class ThreadPool implements DocumentParser {
  readonly #options: DocumentParserOptions;
  readonly #maxThreads = Math.min(MAX_THREADS, availableParallelism());
  readonly #queue: QueuedJob[] = [];
  /** Threads without a document. One that died is in neither collection. */
  readonly #idle = new Set<Worker>();
  readonly #alive = new Set<Worker>();
  #busy = 0;
  #closed = false;

  constructor(options: DocumentParserOptions) {
    this.#options = options;
  }

  parse(job: ParseJob): Promise<ParseOutcome> {
    return new Promise((resolve) => {
      if (this.#closed) return resolve(CLOSED);
      this.#queue.push({ job, resolve });
      this.#next();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const { resolve } of this.#queue.splice(0)) resolve(CLOSED);
    await Promise.all([...this.#alive].map((worker) => worker.terminate()));
  }

  #next(): void {
    while (!this.#closed && this.#busy < this.#maxThreads) {
      const queued = this.#queue.shift();
      if (queued === undefined) return;
      void this.#run(queued);
    }
  }

  async #run({ job, resolve }: QueuedJob): Promise<void> {
    this.#busy += 1;
    try {
      resolve(this.#reported(await this.#runOnThread(job)));
    } catch (error) {
      resolve(this.#reported({ failureReason: this.#reasonOf(error) }));
    } finally {
      this.#busy -= 1;
      this.#next();
    }
  }

  /** Whatever a document makes a library throw arrives here, perhaps from another realm. */
  #reasonOf(error: unknown): FailureReason {
    const { code, message } = (error ?? {}) as Partial<NodeJS.ErrnoException>;
    if (code === 'ERR_WORKER_OUT_OF_MEMORY') {
      return `INTERNAL_ERROR: a document needed more than ${this.#options.maxParserMemoryMb} MB to be parsed`;
    }
    return `INTERNAL_ERROR: a document ended its parser: ${message ?? String(error)}`;
  }

  /** The API has no words for what went wrong in here, so it is said on standard error too. */
  #reported(outcome: ParseOutcome): ParseOutcome {
    if (this.#closed) return CLOSED;
    const reason = 'failureReason' in outcome ? outcome.failureReason : '';
    if (reason.startsWith('INTERNAL_ERROR')) process.stderr.write(`emulator: ${reason}\n`);
    return outcome;
  }

  async #runOnThread(job: ParseJob): Promise<ParseOutcome> {
    const worker = this.#takeThread();
    try {
      const outcome = await runJob(worker, job, this.#options.parseTimeoutMs);
      if (this.#alive.has(worker)) this.#idle.add(worker);
      return outcome;
    } catch (error) {
      void worker.terminate();
      throw error;
    }
  }

  #takeThread(): Worker {
    const [known] = this.#idle;
    if (known !== undefined) {
      this.#idle.delete(known);
      return known;
    }
    const worker = startThread(this.#options);
    this.#alive.add(worker);
    const forget = (): void => {
      this.#alive.delete(worker);
      this.#idle.delete(worker);
    };
    worker.on('error', forget).on('exit', forget);
    return worker;
  }
}

function startThread(options: DocumentParserOptions): Worker {
  const worker = new Worker(options.threadFile ?? builtThread(), {
    resourceLimits: { maxOldGenerationSizeMb: options.maxParserMemoryMb },
    execArgv: [],
    // What a library prints when it crashes is of no use to the one who sent the document.
    stdout: true,
    stderr: true,
  });
  worker.stdout.resume();
  worker.stderr.resume();
  // An idle thread must not keep the process alive; while it works, the HTTP server does.
  worker.unref();
  return worker;
}

function builtThread(): string {
  try {
    return require.resolve('#parser-thread');
  } catch (cause) {
    throw new Error('the parser thread is not built, run npm run build', { cause });
  }
}

function runJob(worker: Worker, job: ParseJob, timeoutMs: number): Promise<ParseOutcome> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      worker.off('message', onMessage).off('error', onError).off('exit', onExit);
      act();
    };
    const onMessage = (outcome: ParseOutcome): void => settle(() => resolve(outcome));
    const onError = (error: Error): void => settle(() => reject(error));
    const onExit = (code: number): void => settle(() => reject(new Error(`the parser thread ended with ${code}`)));
    const timer = setTimeout(
      () => settle(() => reject(new Error(`parsing took longer than ${timeoutMs} ms`))),
      timeoutMs,
    );
    worker.on('message', onMessage).on('error', onError).on('exit', onExit);
    worker.postMessage(job);
  });
}
