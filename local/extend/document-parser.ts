import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { errorMessage } from '../../json';
import type { FailureReason, ParserTask, ParseOutcome, ParserMessage } from './parser-task';

/** Largest number of parser processes. Each holds its libraries in memory, about 150 MB. */
const MAX_PROCESSES = 2;

/** Exit code of a process that V8 aborts because its heap is full, on a platform without signals. */
const ABORTED = 134;

/** Limits of a {@link DocumentParser}. */
export interface DocumentParserOptions {
  /** Time limit of parsing one document, in milliseconds. It does not include the wait for a free process. */
  readonly parseTimeoutMs: number;
  /**
   * Heap limit of one parser process, in megabytes. It does not include memory that a library takes outside of the
   * heap.
   */
  readonly maxParserMemoryMb: number;
  /** Module that the processes run. @default the built `local/extend/parser-process` */
  readonly processFile?: string;
}

/** Parses documents in other processes than the one that serves HTTP. */
export interface DocumentParser {
  /** Parses one document. Never rejects: a crash, an exceeded time limit or a full memory fails this document only. */
  parse(task: ParserTask): Promise<ParseOutcome>;
  /** Ends the processes. Documents that are still being parsed fail. */
  close(): Promise<void>;
}

interface QueuedTask {
  readonly task: ParserTask;
  readonly resolve: (outcome: ParseOutcome) => void;
}

const CLOSED: ParseOutcome = { failureReason: 'INTERNAL_ERROR: the emulator was closed' };

/** Creates a parser. It starts its processes when documents need them, and replaces a process that died. */
export function createDocumentParser(options: DocumentParserOptions): DocumentParser {
  return new ProcessPool(options);
}

class ProcessPool implements DocumentParser {
  readonly #options: DocumentParserOptions;
  readonly #maxProcesses = Math.min(MAX_PROCESSES, availableParallelism());
  readonly #queue: QueuedTask[] = [];
  /** Processes without a document. A process that died is neither here nor in `#alive`. */
  readonly #idle = new Set<ChildProcess>();
  readonly #alive = new Set<ChildProcess>();
  #busy = 0;
  #closed = false;

  constructor(options: DocumentParserOptions) {
    this.#options = options;
  }

  parse(task: ParserTask): Promise<ParseOutcome> {
    return new Promise((resolve) => {
      if (this.#closed) return resolve(CLOSED);
      this.#queue.push({ task, resolve });
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

  async #run({ task, resolve }: QueuedTask): Promise<void> {
    this.#busy += 1;
    try {
      resolve(this.#reported(await this.#runInProcess(task)));
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
    return `INTERNAL_ERROR: a document ended its parser: ${errorMessage(error)}`;
  }

  /** Writes internal errors to standard error too, because the API has no words for them. */
  #reported(outcome: ParseOutcome): ParseOutcome {
    if (this.#closed) return CLOSED;
    const reason = 'failureReason' in outcome ? outcome.failureReason : '';
    if (reason.startsWith('INTERNAL_ERROR')) process.stderr.write(`emulator: ${reason}\n`);
    return outcome;
  }

  async #runInProcess(task: ParserTask): Promise<ParseOutcome> {
    const child = this.#takeProcess();
    try {
      const outcome = await runTask(child, task, this.#options.parseTimeoutMs);
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
    // The output of a library that crashes does not help the sender of the document.
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  // An idle parser process must not keep the emulator's process alive. While a document is parsed, the HTTP server
  // does.
  child.unref();
  child.channel?.unref();
  return child;
}

function builtProcess(): string {
  try {
    return require.resolve('#parser-process');
  } catch (cause) {
    throw new Error('the parser process is not built: run npm run build', { cause });
  }
}

async function endProcess(child: ChildProcess): Promise<void> {
  child.ref();
  child.channel?.ref();
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
}

function runTask(child: ChildProcess, task: ParserTask, timeoutMs: number): Promise<ParseOutcome> {
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
    // `close` comes after the last message, unlike `exit`.
    const onClose = (code: number | null, signal: string | null): void => onError(endOf(code, signal));
    const timer = setTimeout(() => onError(new Error(`parsing took longer than ${timeoutMs} ms`)), timeoutMs);
    child.on('message', onMessage).on('error', onError).on('close', onClose);
    // Sending fails only if the process has ended. The `close` event reports how it ended.
    child.send(task, () => undefined);
  });
}

function endOf(code: number | null, signal: string | null): Error {
  if (signal === 'SIGABRT' || code === ABORTED) return new MemoryFull();
  return new Error(`the parser process ended with ${signal ?? code}`);
}
