import { setTimeout as sleep } from 'node:timers/promises';

/** Far more than any condition takes on a busy machine, and less than a test may take. In milliseconds. */
const UNTIL_LIMIT_MS = 90_000;
/** Each question costs the server or the worker some work, which must not crowd out the work that is waited for. */
const UNTIL_PAUSE_MS = 50;

/** Repeats the question until the answer is true. @throws Error after `limitMs` */
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
