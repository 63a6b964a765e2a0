import { RefusedRequest } from './refused-request';

/**
 * Checks the headers that every call of the API needs: any non-empty bearer token, and the API version that the
 * emulator speaks. Returns the refusal of a request without them, or `undefined` if the headers are right.
 */
export function checkHeaders(headers: Readonly<Record<string, string>>): RefusedRequest | undefined {
  if (!/^Bearer\s+\S/i.test(headers['authorization'] ?? '')) {
    return new RefusedRequest(401, 'Unauthorized: send the header Authorization: Bearer <any token>');
  }
  const version = headers['x-extend-api-version'];
  if (version === '2025-04-21') return undefined;
  return new RefusedRequest(400, `x-extend-api-version must be 2025-04-21, got ${version ?? 'no such header'}`);
}
