import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

/** Pause before a worker that ended by itself is started again, in milliseconds. */
const RESTART_DELAY_MS = 300;
/** Time between SIGTERM and SIGKILL, in milliseconds. */
const STOP_TIMEOUT_MS = 3_000;

/** Settings of {@link startLastingWorker}. */
export interface LastingWorkerOptions {
  /** Path of the built command. */
  readonly command: string;
  /** Variables with the addresses of Temporal and Extend. */
  readonly env: Readonly<Record<string, string>>;
  /** File for the output of the process and of its successors. */
  readonly logPath: string;
}

/** A worker process with successors: when one ends, another is started. */
export interface LastingWorker {
  /** Resolves when the worker polls for the first time. */
  readonly ready: Promise<void>;
  /** Number of times that a worker ended without `kill`: a worker that starts while the server is down ends by itself. */
  readonly ownEnds: number;
  /** Kills the process with SIGKILL. Its successor starts at once. */
  kill(): void;
  /** Ends the process without a successor. */
  close(): Promise<void>;
}

/** Starts `extend-parse worker` as a process, and a successor each time it ends. */
export function startLastingWorker(options: LastingWorkerOptions): LastingWorker {
  return new RespawnedWorker(options);
}

class RespawnedWorker implements LastingWorker {
  readonly ready: Promise<void>;
  ownEnds = 0;
  readonly #options: LastingWorkerOptions;
  readonly #log: WriteStream;
  readonly #life: Promise<void>;
  #setReady: () => void = () => undefined;
  #child: ChildProcess;
  #wasKilled = false;
  #isClosed = false;

  constructor(options: LastingWorkerOptions) {
    this.#options = options;
    this.#log = createWriteStream(options.logPath);
    this.ready = new Promise((resolve) => (this.#setReady = resolve));
    this.#child = this.#spawn();
    this.#life = this.#live();
  }

  kill(): void {
    if (this.#wasKilled || this.#child.exitCode !== null) return;
    this.#wasKilled = true;
    this.#child.kill('SIGKILL');
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#child.kill('SIGTERM');
    const killing = setTimeout(() => this.#child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await this.#life;
    clearTimeout(killing);
    this.#log.end();
  }

  async #live(): Promise<void> {
    for (;;) {
      await once(this.#child, 'exit');
      if (!this.#wasKilled && !this.#isClosed) {
        this.ownEnds += 1;
        await sleep(RESTART_DELAY_MS);
      }
      if (this.#isClosed) return;
      this.#wasKilled = false;
      this.#log.write('--- started again\n');
      this.#child = this.#spawn();
    }
  }

  #spawn(): ChildProcess {
    return spawnWorker(this.#options, this.#log, this.#setReady);
  }
}

function spawnWorker({ command, env }: LastingWorkerOptions, log: WriteStream, onReady: () => void): ChildProcess {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(TEMPORAL|EXTEND)_/.test(name));
  const child = spawn(process.execPath, [command, 'worker'], {
    env: { ...Object.fromEntries(inherited), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // The process gets a group of its own, so that Ctrl-C in a terminal does not reach it. The soak ends it.
    detached: true,
  });
  const endWithUs = () => child.kill('SIGKILL');
  process.once('exit', endWithUs);
  child.once('exit', () => process.off('exit', endWithUs));
  child.stderr.on('data', (text: Buffer) => log.write(text));
  createInterface(child.stdout).on('line', (line) => {
    log.write(`${line}\n`);
    if (line.startsWith('polling ')) onReady();
  });
  return child;
}
