import type { ApiVersion } from '../../contract/extend/parse-api';
import { FALLBACK_VERSION, SERVED_VERSIONS } from './api-version';
import { RefusedRequest } from './refused-request';

/** The headers of a request, as far as every call of the API needs them. */
export interface CheckedHeaders {
  /** Version of the API that the request names, or the version in whose form its refusal is written. */
  readonly apiVersion: ApiVersion;
  /** Refusal of the request; absent if its headers are right. */
  readonly refusal?: RefusedRequest;
}

/**
 * Checks the headers that every call of the API needs: any non-empty bearer token, and a version of the API that the
 * emulator speaks.
 */
export function checkHeaders(headers: Readonly<Record<string, string>>): CheckedHeaders {
  const named = headers['x-extend-api-version'];
  const apiVersion = SERVED_VERSIONS.find((version) => version === named);
  if (!/^Bearer\s+\S/i.test(headers['authorization'] ?? '')) {
    const refusal = new RefusedRequest(401, 'Unauthorized: send the header Authorization: Bearer <any token>');
    return { apiVersion: apiVersion ?? FALLBACK_VERSION, refusal };
  }
  if (apiVersion !== undefined) return { apiVersion };
  const message = `x-extend-api-version must be ${SERVED_VERSIONS.join(' or ')}, got ${named ?? 'no such header'}`;
  return { apiVersion: FALLBACK_VERSION, refusal: new RefusedRequest(400, message) };
}
