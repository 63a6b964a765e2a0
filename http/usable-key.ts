import { ParseApiError } from '../contract/extend';
import { SHAPE_REDACTOR, type Redactor } from '../privacy';
import type { KeyRing } from './key-ring';
import { startTimeLimit } from './time-limit';

/** Time limit of reading the key where no request needs it. In milliseconds. */
const NOTE_KEY_MS = 5_000;

/** Source of the API key. */
export interface KeySource {
  /** Called for each request, so that a rotated key needs no restart. */
  readonly apiKey: () => string | Promise<string>;
  /** Every key that was used. */
  readonly keys: KeyRing;
}

/**
 * Reads the key for one request, and notes it. A worker without a usable key fails as one with a wrong key: 401, without
 * a request. The key itself is in no message.
 *
 * @throws ParseApiError if there is no usable key, or `signal` aborts first.
 */
export async function usableKey({ apiKey, keys }: KeySource, redactor: Redactor, signal: AbortSignal): Promise<string> {
  let problem = 'it is empty or holds characters that no header may have';
  try {
    const key = (await Promise.race([apiKey(), abortOf(signal)])).trim();
    if (isUsable(key)) {
      keys.note(key);
      return key;
    }
  } catch (error) {
    if (signal.aborted) throw new ParseApiError('the API key did not come in time', { kind: 'notReceived' });
    problem = redactor.text(String(error));
  }
  throw new ParseApiError(`the worker has no usable API key: ${problem}`, { kind: 'status', status: 401 });
}

/** Reads the key and notes it, without a request. It never fails: a key that cannot be read is not noted. */
export async function noteKey(source: KeySource, signal?: AbortSignal): Promise<void> {
  const limit = startTimeLimit(NOTE_KEY_MS, signal);
  await usableKey(source, SHAPE_REDACTOR, limit.signal)
    .catch(() => undefined)
    .finally(() => limit.end());
}

/** Says that a header can carry the key. */
export function isUsable(key: string): boolean {
  return /^[\x21-\x7e]+$/.test(key);
}

/** Rejects when the signal aborts: a function that gives the key may never answer. */
async function abortOf(signal: AbortSignal): Promise<never> {
  signal.throwIfAborted();
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}
