/** A response before it is written to the connection. */
export interface EmulatorResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** A JSON value, or bytes or text that are sent unchanged. */
  readonly body: { readonly json: unknown } | { readonly raw: Uint8Array | string };
}

/** Creates a response with a JSON body. */
export function jsonResponse(status: number, json: unknown): EmulatorResponse {
  return { status, headers: { 'content-type': 'application/json; charset=utf-8' }, body: { json } };
}
