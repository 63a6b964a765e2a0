import { setTimeout as sleep } from 'node:timers/promises';

/** Far longer than any condition takes on a busy machine, and shorter than the time limit of a test. In milliseconds. */
const UNTIL_LIMIT_MS = 90_000;
/** Pause between two checks, because a check costs the server or the worker some work. In milliseconds. */
const UNTIL_PAUSE_MS = 50;

/** Repeats the check until it returns true. @throws Error after `limitMs` */
export async function until(
  isSo: () => boolean | Promise<boolean>,
  { limitMs = UNTIL_LIMIT_MS, pauseMs = UNTIL_PAUSE_MS } = {},
): Promise<void> {
  const endMs = performance.now() + limitMs;
  while (!(await isSo())) {
    if (performance.now() > endMs) throw new Error(`the condition did not hold within ${limitMs} ms`);
    await sleep(pauseMs);
  }
}
