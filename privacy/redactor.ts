import { cutToReadable, redact, reduceUrls } from './redact';
import { hideSecrets, type Secret } from './secrets';

/** Filter that takes secrets out of texts from outside, before the texts leave the worker. */
export interface Redactor {
  /** Takes secrets out of a text, first by their values, then by their shapes. See {@link redact}. */
  readonly text: (text: string) => string;
  /**
   * Does the same as {@link text}, and reduces every URL to its origin. The reason of a failure may repeat a URL that
   * the redactor does not know.
   */
  readonly reason: (text: string) => string;
  /**
   * Takes secrets out of a text by their values only. Unlike {@link text} it keeps line breaks, tags and texts that
   * only have the shape of a secret.
   */
  readonly values: (text: string) => string;
  /** Tells if the text contains one of the values. */
  readonly holdsSecret: (text: string) => boolean;
}

/** Builds a {@link Redactor}. @param secrets gives the current secrets; it is called for each text */
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

/** Redactor that knows no values. It takes out secrets by their shape only. */
export const SHAPE_REDACTOR = createRedactor(() => []);
