import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { KEPT_BUNDLES } from './kept-bundles';

/** The root of the project. */
export const ROOT = join(__dirname, '..', '..');

/** The end of a process: one of the two members is null. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A program in a process of its own. */
export interface NodeProcess {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  /** Everything that it has printed so far. */
  readonly output: { readonly stdout: string; readonly stderr: string };
  /** The end of the process; pending while it runs. */
  readonly ended: Promise<ProcessEnd>;
}

/**
 * Runs Node with these arguments, in the project's root and with these variables. Of this test's own variables, the
 * program does not get those that would configure it. It does not wait.
 */
export function runNode(args: readonly string[], env: Readonly<Record<string, string>>): NodeProcess {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(TEMPORAL|EXTEND|NODE_OPTIONS|PORT)/.test(name));
  const child = spawn(process.execPath, args, {
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
  const ended = once(child, 'close').then(([code, signal]): ProcessEnd => ({ code, signal }));
  return { child, output, ended };
}
