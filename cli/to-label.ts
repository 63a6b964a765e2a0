import { redact, toPlainText } from '../privacy';

/** Characters that {@link toPlainText} removes, except the line breaks that make JSON readable. */
const UNSAFE_IN_JSON = /[\u007F-\u009F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]/g;

/**
 * A name or message from outside as one line without control characters, so that a terminal shows it and does not obey it.
 * Blanks at the beginning are kept, because they are the indentation of a line.
 * The command prints each name of a file, of a document or of a run, and each message, through this function.
 */
export function toLabel(text: string): string {
  return toPlainText(text).replace(/(?<=[^ ]) {2,}/g, ' ');
}

/**
 * A value or message that may hold a secret, as one line: an option or argument may have been given a key by mistake, and
 * a library may repeat one. See `redact`.
 */
export function toSafeLabel(text: string): string {
  return toLabel(redact(text));
}

/** JSON for standard output, which may be a terminal: control and bidirectional characters are escaped, so none is lost. */
export function toPrintableJson(value: unknown): string {
  const escape = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(value, null, 2).replace(UNSAFE_IN_JSON, escape);
}
