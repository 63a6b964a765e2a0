/** A refusal of a request, with a `code` if the endpoint gives one, and with headers if it needs any. */
export class RefusedRequest extends Error {
  /** HTTP status of the response. */
  readonly status: number;
  /** Machine-readable code, if the endpoint gives one. */
  readonly code: string | undefined;
  /** Headers of the response besides those of every response. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, code?: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.name = 'RefusedRequest';
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

/** Reads a value, or returns the refusal with which the reading ended. */
export function unlessRefused<T>(read: () => T): T | RefusedRequest {
  try {
    return read();
  } catch (error) {
    if (error instanceof RefusedRequest) return error;
    throw error;
  }
}
