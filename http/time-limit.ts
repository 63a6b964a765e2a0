/** A time limit, joined with a caller's signal. */
export interface TimeLimit {
  /**
   * Aborts when the time is over, with a `TimeoutError` as its reason, or when the caller's signal aborts, with the
   * reason of that signal.
   */
  readonly signal: AbortSignal;
  /** `true` if the time was over before the caller's signal aborted. */
  readonly isOver: boolean;
  /** Releases the timer and the listener. Call it when the limited work has ended. */
  end(): void;
}

/**
 * Starts a time limit. It uses neither `AbortSignal.timeout` nor `AbortSignal.any`, because Node 20 may collect such
 * signals as garbage although they have listeners. They then never abort.
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
