import { findIdProblem, ParseApiError } from '../contract/extend';
import type { ExchangeRequest } from './exchange';
import type { RequestOperation } from './request-watch';

/** Content is always asked for as JSON: where else it would be is not documented. */
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

/** An id such as `..` would name another path of the API. @throws ParseApiError as a request that was refused: nothing is sent */
export function pathOf(kind: string, id: string): string {
  const problem = findIdProblem(id);
  if (problem === undefined) return `/${kind}/${encodeURIComponent(id)}`;
  throw new ParseApiError(`no request to /${kind}: the id ${problem}`, { kind: 'status', status: 400 });
}

/** `POST /files/upload`. */
export function uploadRequest(
  { content, fileName }: { readonly content: Blob; readonly fileName: string },
  timeoutMs: number,
  signal: AbortSignal | undefined,
): ExchangeRequest {
  const body = new FormData();
  body.append('file', content, fileName);
  return { operation: 'uploadFile', method: 'POST', path: '/files/upload', body, timeoutMs, signal };
}
