/** A refusal of a request, with a `code` if the endpoint gives one. */
export class RefusedRequest extends Error {
  /** HTTP status of the response. */
  readonly status: number;
  /** Machine-readable code, if the endpoint gives one. */
  readonly code: string | undefined;

  constructor(status: number, message: string, code?: string) {
    super(message);
    this.name = 'RefusedRequest';
    this.status = status;
    this.code = code;
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
