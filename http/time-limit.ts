/** A time limit, joined with a caller's signal. */
export interface TimeLimit {
  /** Aborts when the time is over, with a `TimeoutError`, or when the caller's signal does, with its reason. */
  readonly signal: AbortSignal;
  /** Whether the time was over before the caller's signal aborted. */
  readonly isOver: boolean;
  /** Forgets the limit: what it was for has ended. */
  end(): void;
}

/**
 * Starts a time limit. It is not made of `AbortSignal.timeout` and `AbortSignal.any`: Node 20 may collect such signals
 * as garbage while somebody listens to them, and then they never abort.
 */
export function startTimeLimit(timeoutMs: number, caller?: AbortSignal): TimeLimit {
  const controller = new AbortController();
  const { signal } = controller;
  const onTime = () => controller.abort(new DOMException(`timeout after ${timeoutMs} ms`, 'TimeoutError'));
  const timer = setTimeout(onTime, timeoutMs);
  const onCaller = () => controller.abort(caller?.reason);
  caller?.addEventListener('abort', onCaller, { once: true });
  if (caller?.aborted) onCaller();
  return {
    signal,
    get isOver() {
      return signal.reason instanceof DOMException && signal.reason.name === 'TimeoutError' && !caller?.aborted;
    },
    end() {
      clearTimeout(timer);
      caller?.removeEventListener('abort', onCaller);
    },
  };
}
