/** An answer before it is put on the wire. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON value, or the bytes or text to send as they are. */
  readonly body: { readonly json: unknown } | { readonly raw: Uint8Array | string };
}

/** A JSON answer. */
export function jsonAnswer(status: number, json: unknown): Answer {
  return { status, headers: { 'content-type': 'application/json; charset=utf-8' }, body: { json } };
}

/** The answer 500 to a request that made the emulator fail. */
export function failureAnswer(): Answer {
  return jsonAnswer(500, { success: false, error: 'The emulator failed; see its standard error' });
}

/** A refusal: the API's plain error body, with a `code` where the endpoint has one. */
export class RefusedRequest extends Error {
  /** HTTP status to answer with. */
  readonly status: number;
  /** Machine-readable code, where the endpoint gives one. */
  readonly code: string | undefined;

  constructor(status: number, message: string, code?: string) {
    super(message);
    this.name = 'RefusedRequest';
    this.status = status;
    this.code = code;
  }

  /** The refusal as it goes over the wire. */
  toAnswer(): Answer {
    const code = this.code === undefined ? {} : { code: this.code };
    return jsonAnswer(this.status, { success: false, error: this.message, ...code });
  }
}
