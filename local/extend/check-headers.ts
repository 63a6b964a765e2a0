import { createHash } from 'node:crypto';
import type { ApiVersion } from '../../contract/extend/parse-api';
import { FALLBACK_VERSION, SERVED_VERSIONS } from './api-version';
import { RefusedRequest } from './refused-request';

/** The headers of a request, as far as every call of the API needs them. */
export interface CheckedHeaders {
  /** Version of the API that the request names, or the version in whose form its refusal is written. */
  readonly apiVersion: ApiVersion;
  /** Owner of the runs and files that the request may see and create. */
  readonly owner: string;
  /** Refusal of the request; absent if its headers are right. */
  readonly refusal?: RefusedRequest;
}

/**
 * Checks the headers that every call of the API needs: a bearer token, and a version of the API that the emulator speaks.
 *
 * @param apiKeys keys that the emulator accepts; with none, it accepts any non-empty key
 */
export function checkHeaders(headers: Readonly<Record<string, string>>, apiKeys: readonly string[]): CheckedHeaders {
  const named = headers['x-extend-api-version'];
  const apiVersion = SERVED_VERSIONS.find((version) => version === named);
  const key = /^Bearer\s+(\S.*)$/i.exec(headers['authorization'] ?? '')?.[1]?.trim();
  const checked = { apiVersion: apiVersion ?? FALLBACK_VERSION, owner: ownerOf(headers, key, apiKeys) };
  const unauthorized = findKeyProblem(key, apiKeys);
  if (unauthorized !== undefined) return { ...checked, refusal: new RefusedRequest(401, unauthorized) };
  if (apiVersion !== undefined) return checked;
  const message = `x-extend-api-version must be ${SERVED_VERSIONS.join(' or ')}, got ${named ?? 'no such header'}`;
  return { ...checked, refusal: new RefusedRequest(400, message) };
}

function findKeyProblem(key: string | undefined, apiKeys: readonly string[]): string | undefined {
  const wanted = apiKeys.length === 0 ? '<any token>' : "<one of the emulator's API keys>";
  if (key === undefined) return `Unauthorized: send the header Authorization: Bearer ${wanted}`;
  return apiKeys.length === 0 || apiKeys.includes(key) ? undefined : 'Unauthorized: the API key is wrong';
}

/**
 * Names the owner by workspace, and by key if the emulator knows its keys. Where any key is right, a caller may change its
 * key and keep its runs. The key itself is not part of the name, because runs are kept on disk with their owner.
 */
function ownerOf(
  headers: Readonly<Record<string, string>>,
  key: string | undefined,
  apiKeys: readonly string[],
): string {
  const workspace = headers['x-extend-workspace-id'] ?? '';
  if (apiKeys.length === 0) return workspace;
  return `${createHash('sha256')
    .update(key ?? '')
    .digest('hex')
    .slice(0, 16)} ${workspace}`;
}
