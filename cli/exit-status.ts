/** The exit statuses of the command. Scripts rely on the numbers. */
export const EXIT_STATUS = {
  /** All documents were parsed; a service was ended by a signal. */
  success: 0,
  /** Some documents failed, or an error occurred that no other status names. */
  failure: 1,
  /** An option, argument or variable is wrong. Nothing was started. */
  wrongUsage: 2,
  /** No Temporal server could be found, started or reached. */
  noServer: 3,
  /** Ctrl-C or another signal ended the command. */
  interrupted: 130,
} as const;

/** One of {@link EXIT_STATUS}. */
export type ExitStatus = (typeof EXIT_STATUS)[keyof typeof EXIT_STATUS];

/** Ends the command with a message for a person (no stack trace) and an exit status. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  /** The exit status of the process. */
  readonly exitStatus: ExitStatus;

  constructor({ message, exitStatus, cause }: { message: string; exitStatus: ExitStatus; cause?: unknown }) {
    super(message, { cause });
    this.exitStatus = exitStatus;
  }
}

/** An error for wrong usage. The message is one sentence that names the wrong option, argument or variable. */
export function usageError(message: string): CommandError {
  return new CommandError({ message, exitStatus: EXIT_STATUS.wrongUsage });
}

/** An error for a signal that ended the command before its documents were in flight. */
export function interruptedError(cause: unknown): CommandError {
  return new CommandError({ message: 'interrupted', exitStatus: EXIT_STATUS.interrupted, cause });
}
