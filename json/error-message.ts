/** Gives the message of a caught error, or the text of a caught value that is no error. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
