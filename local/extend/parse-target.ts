import { RefusedRequest } from './refused-request';

/**
 * Parses the request target. A path can begin with two slashes, so it is never parsed as a relative URL, in which two
 * slashes would begin a host.
 *
 * @throws RefusedRequest 400 if the target is neither a path nor an absolute URL.
 */
export function parseTarget(target: string): URL {
  const text = target.startsWith('/') ? `http://localhost${target}` : target;
  if (!URL.canParse(text)) throw new RefusedRequest(400, 'The request target must be a path or an absolute URL');
  return new URL(text);
}
