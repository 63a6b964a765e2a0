import { cutToReadable, redact, reduceUrls } from './redact';
import { hideSecrets, type Secret } from './secrets';

/** Makes texts from outside fit to leave the worker. */
export interface Redactor {
  /** The text without the secrets, first by their values, then by their shapes. See {@link redact}. */
  readonly text: (text: string) => string;
  /** The same, and every URL is reduced to its origin: the reason for a failure may repeat a URL that is not known here. */
  readonly reason: (text: string) => string;
  /** Whether the text holds one of the values. */
  readonly holdsSecret: (text: string) => boolean;
}

/** Builds a {@link Redactor}. @param secrets gives the values that are secret now; called for each text */
export function createRedactor(secrets: () => readonly Secret[]): Redactor {
  const hide = (text: string) => hideSecrets(cutToReadable(text), secrets());
  return {
    text: (text) => redact(hide(text)),
    reason: (text) => redact(reduceUrls(hide(text))),
    holdsSecret: (text) => hideSecrets(text, secrets()) !== text,
  };
}

/** Knows no secret by its value. */
export const SHAPE_REDACTOR = createRedactor(() => []);
