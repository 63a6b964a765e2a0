import { defined } from '../../json';
import { jsonResponse, type EmulatorResponse } from './emulator-response';

/** A refusal of a request. Its response has the API's plain error body, with a `code` if the endpoint gives one. */
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

  /** Returns the response that carries the refusal. */
  toResponse(): EmulatorResponse {
    return jsonResponse(this.status, { success: false, error: this.message, ...defined({ code: this.code }) });
  }
}
