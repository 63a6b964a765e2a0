/** One way of getting a server that did not work. */
export interface ServerAttempt {
  /** Where it was looked for. */
  readonly source: string;
  /** Why it could not be had there, in one line. */
  readonly reason: string;
}

/** No server could be had. The message lists every source that was tried, each with its reason. */
export class ServerUnavailableError extends Error {
  override readonly name = 'ServerUnavailableError';
  /** All that was tried, in order. */
  readonly attempts: readonly ServerAttempt[];

  constructor({ title, attempts }: { readonly title: string; readonly attempts: readonly ServerAttempt[] }) {
    const list = attempts.map(({ source, reason }) => `  - ${source}: ${reason}`).join('\n');
    super(`${title} could not be found or fetched. Tried:\n${list}`);
    this.attempts = attempts;
  }
}
