import { setTimeout as sleep } from 'node:timers/promises';

/** Gives the entries of a plan one after the other, each at its time from now on. Ends early if the signal is aborted. */
export async function* eachAtItsTime<T extends { readonly atMs: number }>(
  planned: readonly T[],
  signal: AbortSignal,
): AsyncGenerator<T, void> {
  const beganAtMs = Date.now();
  for (const entry of planned) {
    const waitMs = Math.max(beganAtMs + entry.atMs - Date.now(), 0);
    await sleep(waitMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    yield entry;
  }
}
