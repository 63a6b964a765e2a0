import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toCommonJs } from '../docs/code-blocks';
import { ROOT, runNode, type NodeProcess } from '../support/run-node';

const RUNNER = join(ROOT, 'scripts', 'run-example.mjs');

/** A running example. */
export interface RunningExample extends Pick<NodeProcess, 'output'> {
  /** Resolves with the exit status when the example has ended. */
  readonly ended: Promise<number | null>;
  /**
   * Resolves with the first match in standard output. @throws Error with its error output if it ends without a match
   */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
  /** Stops the example as a service manager would, and resolves with the exit status. */
  stop(): Promise<number | null>;
}

/**
 * Starts an example by its number, as `npm run example` does. Of this process's variables, those that configure it are
 * left out.
 */
export function startExample(
  number: string,
  programArguments: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): RunningExample {
  return startProgram([RUNNER, number, ...programArguments], env);
}

/** Starts a program with its arguments and these variables, as {@link startExample} does. */
export function startProgram(program: readonly string[], env: Readonly<Record<string, string>> = {}): RunningExample {
  const { child, output, ended: end } = runNode(program, env);
  const ended = end.then(({ code }) => code);
  const printed = async (pattern: RegExp) => {
    for (;;) {
      const match = pattern.exec(output.stdout);
      if (match) return match;
      const status = await Promise.race([ended, once(child.stdout, 'data').then(() => undefined)]);
      if (status !== undefined && !pattern.test(output.stdout)) throw new Error(`ended early: ${output.stderr}`);
    }
  };
  const stop = () => {
    child.kill('SIGTERM');
    return ended;
  };
  return { output, ended, printed, stop };
}

/**
 * Compiles an example into a new directory inside the package, and returns that directory. `node main.js` runs the example
 * there without `npm run example`, which takes a second of a core for each call.
 */
export function compileExample(name: string): string {
  const cache = join(ROOT, '.cache', 'examples');
  mkdirSync(cache, { recursive: true });
  const directory = mkdtempSync(join(cache, `${name}-`));
  const source = join(ROOT, 'examples', name);
  for (const file of readdirSync(source).filter((one) => one.endsWith('.ts'))) {
    const code = toCommonJs(readFileSync(join(source, file), 'utf8'));
    writeFileSync(join(directory, file.replace(/ts$/, 'js')), code);
  }
  return directory;
}

/** Runs an example to its end, and returns its output. @throws Error with all its output if it fails */
export async function runExample(
  ...given: Parameters<typeof startExample>
): Promise<{ stdout: string; stderr: string }> {
  return outputOf(startExample(...given));
}

/**
 * Waits for the end of an example, and returns its output. @throws Error with all its output if it fails, or if log lines
 * of level INFO hide its result
 */
export async function outputOf({ ended, output }: RunningExample): Promise<{ stdout: string; stderr: string }> {
  const status = await ended;
  if (status !== 0) throw new Error(`ended with ${status}: ${output.stderr}${output.stdout}`);
  if (output.stderr.includes('[INFO]')) throw new Error(`log lines hide the result: ${output.stderr}`);
  return output;
}
