import { EXIT_STATUS } from './exit-status';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Ctrl-C under npm arrives twice, from the terminal and from npm, a few milliseconds apart. */
const SAME_PRESS_MS = 200;

/** The wish of a person, or of the system, that the command ends. */
export interface Interruption {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  /** Gives the signals back to Node. */
  dispose(): void;
}

/** Listens for Ctrl-C and its like. The first one aborts the signal; a second one ends the process at once. */
export function listenForInterruption(): Interruption {
  const controller = new AbortController();
  let firstAtMs = 0;
  const onSignal = () => {
    const nowMs = performance.now();
    if (!controller.signal.aborted) {
      firstAtMs = nowMs;
      controller.abort();
    } else if (nowMs - firstAtMs > SAME_PRESS_MS) {
      process.exit(EXIT_STATUS.interrupted);
    }
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return {
    signal: controller.signal,
    dispose: () => {
      for (const signal of SIGNALS) process.off(signal, onSignal);
    },
  };
}

/** Resolves when the signal is aborted. */
export async function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}
