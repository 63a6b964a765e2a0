import { cutToReadable, redact, reduceUrls } from './redact';
import { hideSecrets, type Secret } from './secrets';

/** Makes texts from outside fit to leave the worker. */
export interface Redactor {
  /** The text without the secrets, first by their values, then by their shapes. See {@link redact}. */
  readonly text: (text: string) => string;
  /** The same, and every URL is reduced to its origin: the reason for a failure may repeat a URL that is not known here. */
  readonly reason: (text: string) => string;
  /** The text without the values. Unlike {@link text} it keeps line breaks, tags and whatever has only the shape of a secret. */
  readonly values: (text: string) => string;
  /** Says that the text holds one of the values. */
  readonly holdsSecret: (text: string) => boolean;
}

/** Builds a {@link Redactor}. @param secrets gives the values that are secret now; it is called for each text */
export function createRedactor(secrets: () => readonly Secret[]): Redactor {
  const values = (text: string) => hideSecrets(text, secrets());
  const hide = (text: string) => values(cutToReadable(text));
  return {
    text: (text) => redact(hide(text)),
    reason: (text) => redact(reduceUrls(hide(text))),
    values,
    holdsSecret: (text) => values(text) !== text,
  };
}

/** Knows no secret by its value. */
export const SHAPE_REDACTOR = createRedactor(() => []);
