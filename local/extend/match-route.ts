import type { Operation } from './ledger';

/** A call of the API, as a method, path and query name it. */
export interface Route {
  readonly operation: Operation;
  /** Run id in the path. */
  readonly runId?: string;
  /** File id in the path. */
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
export function matchRoute(method: string, path: string, query: Readonly<Record<string, string>>): Route {
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

function decodedId(pattern: RegExp, path: string): string | undefined {
  const id = pattern.exec(path)?.[1];
  if (id === undefined) return undefined;
  try {
    return decodeURIComponent(id);
  } catch {
    return id;
  }
}
