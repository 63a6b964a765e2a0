import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { devServerExecutable } from '../support/servers';

const ROOT = resolve(__dirname, '../..');

/** The built command. */
export const COMMAND = join(ROOT, 'dist/cli/main.js');
/** The script that `npm start` runs. */
export const START_SCRIPT = join(ROOT, 'scripts/start.mjs');
/** The documents of the tests. */
export const DOCUMENTS = join(ROOT, 'test/documents');

/** Exit status and output of a command that has ended. */
export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command in flight. */
export interface Running {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<Ended>;
  /** Resolves with all output so far, once the output matches. Rejects if the command ends before that. */
  waitFor(pattern: RegExp): Promise<string>;
}

/** Settings of {@link Workplace.start}. */
export interface StartOptions {
  /** Variables beside those of the test process. @default {} */
  readonly env?: NodeJS.ProcessEnv;
  /** Script that Node runs. @default the built command */
  readonly script?: string;
  /** Shell script that runs the command, which is `"$@"`. @default no shell */
  readonly shell?: string;
}

/** A directory to run commands in. The commands get no `EXTEND_…` and `TEMPORAL_…` variables of the test process. */
export class Workplace {
  readonly directory = mkdtempSync(join(tmpdir(), 'extend-parse-cli-'));
  readonly #running = new Set<ChildProcessWithoutNullStreams>();

  /** Starts `node <script> …args` here. The command's temporary files go into the same directory, where they can be counted. */
  start(args: readonly string[], options: StartOptions = {}): Running {
    const inherited = Object.entries(process.env).filter(([name]) => !/^(EXTEND|TEMPORAL)_/.test(name));
    const env = {
      ...Object.fromEntries(inherited),
      TMPDIR: this.directory,
      HOME: this.directory,
      XDG_CACHE_HOME: dirname(dirname(devServerExecutable())),
      ...options.env,
    };
    const command = [process.execPath, options.script ?? COMMAND, ...args];
    const [file = '', ...rest] = options.shell === undefined ? command : ['sh', '-c', options.shell, 'sh', ...command];
    const child = spawn(file, rest, { cwd: this.directory, env });
    this.#running.add(child);
    const output = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
    const ended = once(child, 'close').then(([status]) => {
      this.#running.delete(child);
      return { status: status as number | null, ...output };
    });
    return { child, ended, waitFor: (pattern) => waitFor({ child, output, pattern }) };
  }

  /** Runs a command to its end. */
  async run(args: readonly string[], options: StartOptions = {}): Promise<Ended> {
    return this.start(args, options).ended;
  }

  /** Databases of dev servers that a command did not delete. */
  leftDatabases(): string[] {
    return readdirSync(this.directory).filter((name) => name.startsWith('extend-parse-temporal-'));
  }

  /** Kills the commands that a failed test left in flight, and deletes the directory. */
  remove(): void {
    for (const child of this.#running) child.kill('SIGKILL');
    rmSync(this.directory, { recursive: true, force: true });
  }
}

async function waitFor(options: {
  child: ChildProcessWithoutNullStreams;
  output: { stdout: string; stderr: string };
  pattern: RegExp;
}): Promise<string> {
  const { child, output, pattern } = options;
  const all = () => output.stdout + output.stderr;
  return new Promise((fulfil, reject) => {
    const look = () => {
      if (pattern.test(all())) fulfil(all());
    };
    child.stdout.on('data', look);
    child.stderr.on('data', look);
    child.once('close', () => reject(new Error(`the command ended before it said ${pattern}:\n${all()}`)));
    look();
  });
}
