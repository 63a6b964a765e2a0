/** Characters without a width that change the direction of a text, and so the order in which a reader sees it. */
const BIDIRECTIONAL = /[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/g;
/** All control characters, such as line breaks, tabs and escape, and the Unicode separators of lines and paragraphs. */
const CONTROLS = /[\p{Cc}\u2028\u2029]+/gu;

/**
 * Makes a text safe for a terminal and for one line of a log. Adjacent control characters become one blank, and
 * characters that change the direction of a text are removed. Otherwise a text from outside could clear a screen, set
 * the title of a window, or forge a line of a log.
 */
export function toPlainText(text: string): string {
  return text.replace(BIDIRECTIONAL, '').replace(CONTROLS, ' ');
}
