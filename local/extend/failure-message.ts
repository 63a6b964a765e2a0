/** The API's explanation of each of its reasons, for people. */
const MESSAGES: Readonly<Record<string, string>> = {
  UNABLE_TO_DOWNLOAD_FILE: 'The file could not be downloaded from the provided URL',
  FILE_TYPE_NOT_SUPPORTED: 'The file type is not supported for parsing',
  FILE_SIZE_TOO_LARGE: 'The file exceeds the maximum allowed size',
  CORRUPT_FILE: 'The file appears to be corrupted or malformed',
  PASSWORD_PROTECTED_FILE: 'The file is password protected and cannot be processed',
  INTERNAL_ERROR: 'An unexpected internal error occurred',
};

/** Splits a reason of the emulator into the API's code and its message for people. */
export function splitReason(failureReason: string): { readonly code: string; readonly message: string } {
  const [code = failureReason, ...explanation] = failureReason.split(': ');
  const message = explanation.length > 0 ? explanation.join(': ') : (MESSAGES[code] ?? code);
  return { code, message };
}

/** Returns the two members of version 2026-02-09 that tell of a failure. */
export function failureOf(failureReason: string | null | undefined, failureMessage: string | null | undefined): object {
  if (failureReason == null) return { failureReason: null, failureMessage: failureMessage ?? null };
  const { code, message } = splitReason(failureReason);
  return { failureReason: code, failureMessage: failureMessage === undefined ? message : failureMessage };
}
