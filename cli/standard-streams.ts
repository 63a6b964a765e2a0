import { toPrintableJson } from './to-label';

/**
 * Keeps the command alive when its standard output or standard error can no longer be written: the reader of a pipe has
 * gone (EPIPE), a disk is full (ENOSPC), a terminal was closed (EIO). Such a failure ends the printing, not the work.
 */
export function surviveClosedOutput(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}

/**
 * Writes a value as JSON to standard output, and waits until it is written.
 *
 * @returns The reason why it could not be written, or `undefined`.
 */
export async function printForMachine(value: unknown): Promise<string | undefined> {
  const text = `${toPrintableJson(value)}\n`;
  return new Promise((resolve) => process.stdout.write(text, (error) => resolve(error?.message)));
}

/** Resolves when a stream has written everything that it was given, or has failed to. */
export async function flush(stream: NodeJS.WriteStream): Promise<void> {
  await new Promise<void>((resolve) => stream.write('', () => resolve()));
}
