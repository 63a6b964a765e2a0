import { isHeaderWord, ParseApiError } from '../contract/extend';
import { SHAPE_REDACTOR, type Redactor } from '../privacy';
import type { KeyRing } from './key-ring';
import { startTimeLimit } from './time-limit';

/** Time limit for reading the key when no request waits for it, in milliseconds. */
const NOTE_KEY_MS = 5_000;

/** Source of the API key. */
export interface KeySource {
  /** Gives the key. It is called for each request, so that a rotated key needs no restart of the worker. */
  readonly apiKey: () => string | Promise<string>;
  /** Every key that was used. */
  readonly keys: KeyRing;
}

/**
 * Reads the key for one request, and adds it to the key ring. Without a usable key it sends no request, and fails with
 * status 401 as for a wrong key. No message contains the key.
 *
 * @throws ParseApiError if there is no usable key, or `signal` aborts first.
 */
export async function usableKey({ apiKey, keys }: KeySource, redactor: Redactor, signal: AbortSignal): Promise<string> {
  let problem = 'it is empty or holds characters that no header may have';
  try {
    const key = (await Promise.race([apiKey(), abortOf(signal)])).trim();
    if (isHeaderWord(key)) {
      keys.note(key);
      return key;
    }
  } catch (error) {
    if (signal.aborted) throw new ParseApiError('the API key did not come in time', { kind: 'notReceived' });
    problem = redactor.text(String(error));
  }
  throw new ParseApiError(`the worker has no usable API key: ${problem}`, { kind: 'status', status: 401 });
}

/**
 * Reads the key and adds it to the key ring, without a request. It never fails. It ignores a key that it cannot read.
 */
export async function noteKey(source: KeySource, signal?: AbortSignal): Promise<void> {
  const limit = startTimeLimit(NOTE_KEY_MS, signal);
  await usableKey(source, SHAPE_REDACTOR, limit.signal)
    .catch(() => undefined)
    .finally(() => limit.end());
}

/** Rejects when the signal aborts, because the caller's key function may never answer. */
async function abortOf(signal: AbortSignal): Promise<never> {
  signal.throwIfAborted();
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}
