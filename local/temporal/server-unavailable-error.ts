/** A source of a server that was tried without success. */
export interface ServerAttempt {
  /** Name of the source. */
  readonly source: string;
  /** Reason of the failure, in one line. */
  readonly reason: string;
}

/** The error if no server was found or fetched. The message lists every source that was tried, each with its reason. */
export class ServerUnavailableError extends Error {
  override readonly name = 'ServerUnavailableError';
  /** The sources that were tried, in order. */
  readonly attempts: readonly ServerAttempt[];

  constructor({ title, attempts }: { readonly title: string; readonly attempts: readonly ServerAttempt[] }) {
    const list = attempts.map(({ source, reason }) => `  - ${source}: ${reason}`).join('\n');
    super(`${title} could not be found or fetched. Tried:\n${list}`);
    this.attempts = attempts;
  }
}
