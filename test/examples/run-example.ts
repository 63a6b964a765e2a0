import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { KEPT_BUNDLES } from '../support/kept-bundles';

const ROOT = join(__dirname, '..', '..');
const RUNNER = join(ROOT, 'scripts', 'run-example.mjs');

/** A running example. */
export interface RunningExample {
  /** Output so far. */
  readonly output: { readonly stdout: string; readonly stderr: string };
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
  const inherited = Object.entries(process.env).filter(([name]) => !/^(TEMPORAL|EXTEND|NODE_OPTIONS|PORT)/.test(name));
  const child = spawn(process.execPath, [RUNNER, number, ...programArguments], {
    cwd: ROOT,
    env: {
      ...Object.fromEntries(inherited),
      ...KEPT_BUNDLES,
      TEMPORAL_CONFIG_FILE: join(__dirname, 'no-such-profiles.toml'),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  const ended = once(child, 'close').then(([status]) => status as number | null);
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

/** Runs an example to its end, and returns its output. @throws Error with all its output if it fails */
export async function runExample(
  ...given: Parameters<typeof startExample>
): Promise<{ stdout: string; stderr: string }> {
  const { ended, output } = startExample(...given);
  const status = await ended;
  if (status !== 0) throw new Error(`ended with ${status}: ${output.stderr}${output.stdout}`);
  return output;
}
