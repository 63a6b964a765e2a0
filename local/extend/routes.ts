import { failureAnswer, RefusedRequest, type Answer } from './answer';
import type { Exchange } from './emulator-state';
import { deleteFile, getFile, listFiles, uploadFile } from './file-routes';
import type { Operation } from './ledger';
import { serveContent } from './presigned-routes';
import { deleteRun, parseNow, readRun, submitRun } from './run-routes';

/** What a method and path mean. */
export interface RouteMatch {
  readonly operation: Operation;
  readonly runId?: string;
  readonly fileId?: string;
}

const FIXED_CALLS: Readonly<Record<string, Operation>> = {
  'POST /parse/async': 'submit',
  'POST /parse': 'parse',
  'POST /files/upload': 'upload',
  'GET /files': 'listFiles',
};
const RUN_PATH = /^\/parser_runs\/([^/]+)$/;
const FILE_PATH = /^\/files\/([^/]+)$/;

/** Finds the call of the API that a method, path and query stand for. */
export function matchRoute(method: string, path: string, query: Readonly<Record<string, string>>): RouteMatch {
  const fixed = FIXED_CALLS[`${method} ${path}`];
  if (fixed !== undefined) return { operation: fixed };
  if (method === 'GET' && path.startsWith('/presigned/')) return { operation: 'content' };
  const runId = decodedId(RUN_PATH, path);
  if (runId !== undefined && method === 'GET') {
    return { operation: query['responseType'] === 'url' ? 'read' : 'result', runId };
  }
  if (runId !== undefined && method === 'DELETE') return { operation: 'deleteRun', runId };
  const fileId = decodedId(FILE_PATH, path);
  if (fileId !== undefined && method === 'GET') return { operation: 'getFile', fileId };
  if (fileId !== undefined && method === 'DELETE') return { operation: 'deleteFile', fileId };
  return { operation: 'unknown' };
}

/** Acts on a request and gives its natural answer; a refusal is an answer too. */
export async function answerNaturally(exchange: Exchange): Promise<Answer> {
  try {
    return await dispatch(exchange);
  } catch (error) {
    if (error instanceof RefusedRequest) return error.toAnswer();
    process.stderr.write(`emulator: ${exchange.request.method} ${exchange.request.path}: ${String(error)}\n`);
    return failureAnswer();
  }
}

async function dispatch(exchange: Exchange): Promise<Answer> {
  const { request } = exchange;
  if (request.operation !== 'content') checkHeaders(request.headers);
  switch (request.operation) {
    case 'submit':
      return submitRun(exchange);
    case 'parse':
      return parseNow(exchange);
    case 'read':
    case 'result':
      return readRun(exchange);
    case 'deleteRun':
      return deleteRun(exchange);
    case 'upload':
      return uploadFile(exchange);
    case 'listFiles':
      return listFiles(exchange);
    case 'getFile':
      return getFile(exchange);
    case 'deleteFile':
      return deleteFile(exchange);
    case 'content':
      return serveContent(exchange);
    case 'unknown':
      return unservedAnswer(`Cannot ${request.method} ${request.path}`);
  }
}

/** The 404 of a path that is not served: plain text, as web frameworks answer, and not one of the errors of the API. */
function unservedAnswer(text: string): Answer {
  return { status: 404, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: { raw: text } };
}

/** Any non-empty bearer token will do; the version must be the one that is spoken here. */
export function checkHeaders(headers: Readonly<Record<string, string>>): void {
  if (!/^Bearer\s+\S/i.test(headers['authorization'] ?? '')) {
    throw new RefusedRequest(401, 'Unauthorized: send the header Authorization: Bearer <any token>');
  }
  const version = headers['x-extend-api-version'];
  if (version !== '2025-04-21') {
    throw new RefusedRequest(400, `x-extend-api-version must be 2025-04-21, got ${version ?? 'no such header'}`);
  }
}

function decodedId(pattern: RegExp, path: string): string | undefined {
  const id = pattern.exec(path)?.[1];
  if (id === undefined) return undefined;
  try {
    return decodeURIComponent(id);
  } catch {
    return id;
  }
}
