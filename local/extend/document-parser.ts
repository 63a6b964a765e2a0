import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import type { FailureReason, ParseJob, ParseOutcome, ParserMessage } from './parse-job';

/** Largest number of parser processes; each holds its libraries in memory, some 150 MB. */
const MAX_PROCESSES = 2;

/** Node's exit code where a platform has no signals: V8 aborts the process when its heap is full. */
const ABORTED = 134;

/** Limits of a {@link DocumentParser}. */
export interface DocumentParserOptions {
  /** Longest parsing of one document, in milliseconds. Waiting for a free process does not count. */
  readonly parseTimeoutMs: number;
  /** Heap of one parser process, in megabytes. Memory that a library takes outside of the heap is not counted. */
  readonly maxParserMemoryMb: number;
  /** File that the processes run. @default the built `local/extend/parser-process` */
  readonly processFile?: string;
}

/** Parses documents apart from the process that serves HTTP. */
export interface DocumentParser {
  /** Parses one document. Never rejects: a crash, a time-out and a full memory are failures of that document only. */
  parse(job: ParseJob): Promise<ParseOutcome>;
  /** Ends the processes. What is still being parsed fails. */
  close(): Promise<void>;
}

interface QueuedJob {
  readonly job: ParseJob;
  readonly resolve: (outcome: ParseOutcome) => void;
}

const CLOSED: ParseOutcome = { failureReason: 'INTERNAL_ERROR: the emulator was closed' };

/** Creates a parser. It starts its processes when documents need them, and replaces one that died. */
export function createDocumentParser(options: DocumentParserOptions): DocumentParser {
  return new ProcessPool(options);
}

class ProcessPool implements DocumentParser {
  readonly #options: DocumentParserOptions;
  readonly #maxProcesses = Math.min(MAX_PROCESSES, availableParallelism());
  readonly #queue: QueuedJob[] = [];
  /** Processes without a document. A process that died is in neither collection. */
  readonly #idle = new Set<ChildProcess>();
  readonly #alive = new Set<ChildProcess>();
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
    await Promise.all([...this.#alive].map(endProcess));
  }

  #next(): void {
    while (!this.#closed && this.#busy < this.#maxProcesses) {
      const queued = this.#queue.shift();
      if (queued === undefined) return;
      void this.#run(queued);
    }
  }

  async #run({ job, resolve }: QueuedJob): Promise<void> {
    this.#busy += 1;
    try {
      resolve(this.#reported(await this.#runInProcess(job)));
    } catch (error) {
      resolve(this.#reported({ failureReason: this.#reasonOf(error) }));
    } finally {
      this.#busy -= 1;
      this.#next();
    }
  }

  #reasonOf(error: unknown): FailureReason {
    if (error instanceof MemoryFull) {
      return `INTERNAL_ERROR: a document needed more than ${this.#options.maxParserMemoryMb} MB to be parsed`;
    }
    return `INTERNAL_ERROR: a document ended its parser: ${error instanceof Error ? error.message : String(error)}`;
  }

  /** The API has no words for what went wrong in here, so it is said on standard error too. */
  #reported(outcome: ParseOutcome): ParseOutcome {
    if (this.#closed) return CLOSED;
    const reason = 'failureReason' in outcome ? outcome.failureReason : '';
    if (reason.startsWith('INTERNAL_ERROR')) process.stderr.write(`emulator: ${reason}\n`);
    return outcome;
  }

  async #runInProcess(job: ParseJob): Promise<ParseOutcome> {
    const child = this.#takeProcess();
    try {
      const outcome = await runJob(child, job, this.#options.parseTimeoutMs);
      if (this.#alive.has(child)) this.#idle.add(child);
      return outcome;
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
  }

  #takeProcess(): ChildProcess {
    const [known] = this.#idle;
    if (known !== undefined) {
      this.#idle.delete(known);
      return known;
    }
    const child = startProcess(this.#options);
    this.#alive.add(child);
    const forget = (): void => {
      this.#alive.delete(child);
      this.#idle.delete(child);
    };
    child.on('error', forget).on('exit', forget);
    return child;
  }
}

class MemoryFull extends Error {}

function startProcess({ processFile, maxParserMemoryMb }: DocumentParserOptions): ChildProcess {
  const child = fork(processFile ?? builtProcess(), {
    execArgv: [`--max-old-space-size=${Math.ceil(maxParserMemoryMb)}`],
    serialization: 'advanced',
    // The output of a library that crashes is of no use to the sender of the document.
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  // An idle process must not keep this one alive; while it works, the HTTP server does.
  child.unref();
  child.channel?.unref();
  return child;
}

function builtProcess(): string {
  try {
    return require.resolve('#parser-process');
  } catch (cause) {
    throw new Error('the parser process is not built, run npm run build', { cause });
  }
}

async function endProcess(child: ChildProcess): Promise<void> {
  child.ref();
  child.channel?.ref();
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
}

function runJob(child: ChildProcess, job: ParseJob, timeoutMs: number): Promise<ParseOutcome> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      child.off('message', onMessage).off('error', onError).off('close', onClose);
      act();
    };
    const onError = (error: Error): void => settle(() => reject(error));
    const onMessage = (message: ParserMessage): void => {
      if ('crashed' in message) onError(new Error(message.crashed));
      else settle(() => resolve(message));
    };
    // Unlike `exit`, `close` comes after the last message.
    const onClose = (code: number | null, signal: string | null): void => onError(endOf(code, signal));
    const timer = setTimeout(() => onError(new Error(`parsing took longer than ${timeoutMs} ms`)), timeoutMs);
    child.on('message', onMessage).on('error', onError).on('close', onClose);
    // A process that cannot be written to has ended, and `close` tells how.
    child.send(job, () => undefined);
  });
}

function endOf(code: number | null, signal: string | null): Error {
  if (signal === 'SIGABRT' || code === ABORTED) return new MemoryFull();
  return new Error(`the parser process ended with ${signal ?? code}`);
}
