import { keySecrets, type Secret } from '../privacy';

/** Largest number of keys that the ring holds. The ring drops the oldest key, which is no longer in use by then. */
const MAX_KEYS = 10;

/** The API keys that a client has used. Redactors take the keys from here, so that no text repeats one of them. */
export interface KeyRing {
  /** The forms in which a text may hold the keys. */
  readonly secrets: readonly Secret[];
  /** Adds a key. A key that the ring holds already changes nothing. */
  note(key: string): void;
}

/** Builds an empty {@link KeyRing}. */
export function createKeyRing(): KeyRing {
  const keys = new Map<string, readonly Secret[]>();
  let secrets: readonly Secret[] = [];
  return {
    get secrets() {
      return secrets;
    },
    note(key) {
      if (keys.has(key)) return;
      keys.set(key, keySecrets(key));
      const [oldest] = keys.keys();
      if (keys.size > MAX_KEYS && oldest !== undefined) keys.delete(oldest);
      secrets = [...keys.values()].flat();
    },
  };
}
