import { findIdProblem, ParseApiError } from '../contract/extend';
import type { ExchangeRequest } from './exchange';
import type { RequestOperation } from './request-watch';

/**
 * Builds a request for a run with its content. The request asks for the content as JSON, because Extend's documentation
 * does not say where the content would be otherwise.
 */
export function runRequest(
  operation: RequestOperation,
  runId: string,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): ExchangeRequest {
  return {
    operation,
    method: 'GET',
    path: pathOf('parser_runs', runId),
    query: { responseType: 'json' },
    timeoutMs,
    signal,
  };
}

/**
 * Builds the path of a run or a file. It refuses an id such as `..`, which would name another path of the API.
 *
 * @throws ParseApiError the same as for a request that Extend refused, although nothing is sent.
 */
export function pathOf(kind: string, id: string): string {
  const problem = findIdProblem(id);
  if (problem === undefined) return `/${kind}/${encodeURIComponent(id)}`;
  throw new ParseApiError(`no request to /${kind}: the id ${problem}`, { kind: 'status', status: 400 });
}

/** Builds the request `POST /files/upload`. */
export function uploadRequest(
  { content, fileName }: { readonly content: Blob; readonly fileName: string },
  timeoutMs: number,
  signal: AbortSignal | undefined,
): ExchangeRequest {
  const body = new FormData();
  body.append('file', content, fileName);
  return { operation: 'uploadFile', method: 'POST', path: '/files/upload', body, timeoutMs, signal };
}
