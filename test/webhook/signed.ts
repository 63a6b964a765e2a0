import { createHmac } from 'node:crypto';

/** The secret of the deliveries in these tests. */
export const SECRET = 'wss_test_secret_123';

/** Settings of {@link signed}. */
export interface SignedOptions {
  readonly secret?: string;
  /** Age of the delivery, in seconds. @default 0 */
  readonly ageSeconds?: number;
}

/** Signs a body as Extend documents it, and returns the two headers. */
export function signed(body: string | Uint8Array, { secret = SECRET, ageSeconds = 0 }: SignedOptions = {}) {
  const timestamp = String(Math.floor(Date.now() / 1000) - ageSeconds);
  const signature = createHmac('sha256', secret).update(`v0:${timestamp}:`).update(body).digest('hex');
  return { 'x-extend-request-timestamp': timestamp, 'x-extend-request-signature': signature };
}

/** An event about the end of a parse run of version 2026-02-09. */
export function runEvent(runId: string, metadata?: object, eventId = `event_${runId}`): string {
  const payload = { object: 'parse_run_status', id: runId, status: 'PROCESSED', failureReason: null, metadata };
  return JSON.stringify({ eventId, eventType: 'parse_run.processed', payload });
}

/** A signed request of a delivery. */
export function signedRequest(body: string, options: SignedOptions = {}): Request {
  return new Request('http://receiver.test/', { method: 'POST', body, headers: signed(body, options) });
}
