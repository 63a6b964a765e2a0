import { createHmac, timingSafeEqual } from 'node:crypto';

/** Largest age of a delivery unless the caller sets another one, in milliseconds: that of Extend's own SDK. */
export const DEFAULT_TOLERANCE_MS = 300_000;
/** Largest time by which the clock of the sender may be ahead, in milliseconds: that of Extend's own SDK. */
const MAX_AHEAD_MS = 60_000;

/**
 * Reason for which a delivery is refused. `malformed`: a header has not the documented form, for instance because it
 * was sent twice. `stale` and `future`: the timestamp is out of the tolerance. `wrong`: no secret gives the signature.
 */
export type SignatureProblem = 'missing' | 'malformed' | 'stale' | 'future' | 'wrong';

/** The two headers with which Extend signs a delivery. */
export interface SignatureHeaders {
  /** `x-extend-request-timestamp`: Unix time in seconds. */
  readonly timestamp: string | null;
  /** `x-extend-request-signature`: hexadecimal, in lower or upper case. */
  readonly signature: string | null;
}

/** The clock with which the age of a delivery is judged. */
export interface SignatureClock {
  /** Current time, in milliseconds since the epoch. */
  readonly nowMs: number;
  /** Largest age of a delivery, in milliseconds. @default 300_000 (5 minutes) */
  readonly toleranceMs?: number;
}

/** Input of {@link findSignatureProblem}. */
export interface SignatureInput extends SignatureHeaders, SignatureClock {
  /** Raw bytes of the body, exactly as they were received. */
  readonly body: Uint8Array;
  /** Signing secrets of the endpoints, each as Extend showed it. One of them must give the signature. */
  readonly secrets: readonly string[];
}

/** Gives the signature headers of a request. */
export function signatureHeadersOf(headers: Headers): SignatureHeaders {
  return {
    timestamp: headers.get('x-extend-request-timestamp'),
    signature: headers.get('x-extend-request-signature'),
  };
}

/**
 * Checks the signature of a delivery: HMAC-SHA256 over `v0:<timestamp>:<body>`, with the whole secret as key. It
 * compares in constant time, with every secret. A delivery that is sent again within the tolerance is accepted again,
 * because Extend's scheme has no nonce.
 *
 * @returns the problem; `undefined` if the signature is right
 * @see https://docs.extend.ai, "Webhooks", and `client.webhooks.verify` of the npm package `extend-ai`
 */
export function findSignatureProblem(input: SignatureInput): SignatureProblem | undefined {
  const problem = findHeaderProblem(input, input);
  if (problem !== undefined) return problem;
  const { timestamp, signature, body, secrets } = input;
  const given = Buffer.from(signature ?? '', 'hex');
  const isRight = (secret: string) => {
    const expected = createHmac('sha256', secret).update(`v0:${timestamp}:`).update(body).digest();
    return timingSafeEqual(given, expected);
  };
  // Every secret is tried, so that the time of the check does not tell which one was right.
  return secrets.map(isRight).includes(true) ? undefined : 'wrong';
}

/** Checks form and age of the headers, which is possible before the body is read. */
export function findHeaderProblem(
  { timestamp, signature }: SignatureHeaders,
  { nowMs, toleranceMs = DEFAULT_TOLERANCE_MS }: SignatureClock,
): SignatureProblem | undefined {
  if (timestamp === null || signature === null) return 'missing';
  if (!/^\d{1,12}$/.test(timestamp) || !/^[\da-f]{64}$/i.test(signature)) return 'malformed';
  const ageMs = nowMs - Number(timestamp) * 1000;
  // The timestamp has whole seconds, so a delivery may seem up to a second older than it is.
  if (ageMs >= toleranceMs + 1000) return 'stale';
  return ageMs < -MAX_AHEAD_MS ? 'future' : undefined;
}
