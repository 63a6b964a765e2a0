import type { ApiVersion } from '../../contract/extend/parse-api';
import { SERVED_VERSIONS } from './api-version';
import type { Operation } from './ledger';

/** A call of the API, as a method, path and query name it. */
export interface Route {
  readonly operation: Operation;
  /** Run id in the path. */
  readonly runId?: string;
  /** Batch id in the path. */
  readonly batchId?: string;
  /** File id in the path. */
  readonly fileId?: string;
  /** Id of an endpoint of webhooks in the path. */
  readonly endpointId?: string;
}

/** Member of a {@link Route} that holds the id of a path. */
type IdName = 'runId' | 'batchId' | 'fileId' | 'endpointId';

/** One call of the API. In the path, `*` stands for the id. */
interface Call {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
  readonly id?: IdName;
}

const SHARED_CALLS: readonly Call[] = [
  { method: 'POST', path: '/parse', operation: 'parse' },
  { method: 'POST', path: '/files/upload', operation: 'upload' },
  { method: 'GET', path: '/files', operation: 'listFiles' },
  { method: 'GET', path: '/files/*', operation: 'getFile', id: 'fileId' },
  { method: 'DELETE', path: '/files/*', operation: 'deleteFile', id: 'fileId' },
  { method: 'GET', path: '/presigned/runs/*/output', operation: 'content', id: 'runId' },
];

const CALLS: Readonly<Record<ApiVersion, readonly Call[]>> = {
  '2025-04-21': [
    { method: 'POST', path: '/files', operation: 'createFile' },
    { method: 'POST', path: '/parse/async', operation: 'submit' },
    { method: 'GET', path: '/parser_runs/*', operation: 'result', id: 'runId' },
    { method: 'DELETE', path: '/parser_runs/*', operation: 'deleteRun', id: 'runId' },
    ...SHARED_CALLS,
  ],
  '2026-02-09': [
    { method: 'POST', path: '/parse_runs', operation: 'submit' },
    { method: 'GET', path: '/parse_runs', operation: 'listRuns' },
    { method: 'POST', path: '/parse_runs/batch', operation: 'createBatch' },
    { method: 'GET', path: '/parse_runs/*', operation: 'result', id: 'runId' },
    { method: 'DELETE', path: '/parse_runs/*', operation: 'deleteRun', id: 'runId' },
    { method: 'POST', path: '/parse_runs/*/cancel', operation: 'cancelRun', id: 'runId' },
    { method: 'GET', path: '/batch_runs/*', operation: 'getBatch', id: 'batchId' },
    { method: 'POST', path: '/webhook_endpoints', operation: 'createEndpoint' },
    { method: 'GET', path: '/webhook_endpoints', operation: 'listEndpoints' },
    { method: 'GET', path: '/webhook_endpoints/*', operation: 'getEndpoint', id: 'endpointId' },
    { method: 'POST', path: '/webhook_endpoints/*', operation: 'updateEndpoint', id: 'endpointId' },
    { method: 'DELETE', path: '/webhook_endpoints/*', operation: 'deleteEndpoint', id: 'endpointId' },
    ...SHARED_CALLS,
  ],
};

/**
 * Finds the call that a method, path and query stand for in one version of the API. `HEAD` stands for the call of `GET`.
 */
export function matchRoute(
  apiVersion: ApiVersion,
  method: string,
  path: string,
  query: Readonly<Record<string, string>>,
): Route {
  const called = method === 'HEAD' ? 'GET' : method;
  for (const call of CALLS[apiVersion]) {
    const found = called === call.method ? matchPath(call.path, path) : undefined;
    if (found === undefined) continue;
    // A request for the state without the content is a poll.
    const operation = call.operation === 'result' && query['responseType'] === 'url' ? 'read' : call.operation;
    return { operation, ...(call.id !== undefined && { [call.id]: found }) };
  }
  return { operation: called === 'GET' && path.startsWith('/presigned/') ? 'content' : 'unknown' };
}

/** Returns the methods of a path in these versions of the API; none for a path that they do not serve. */
export function methodsOf(path: string, versions: readonly ApiVersion[] = SERVED_VERSIONS): readonly string[] {
  const calls = versions.flatMap((version) => CALLS[version]);
  const methods = new Set(calls.filter((call) => matchPath(call.path, path) !== undefined).map(({ method }) => method));
  if (methods.has('GET')) methods.add('HEAD');
  return methods.size === 0 ? [] : [...methods, 'OPTIONS'].sort();
}

/** Tells if another version of the API than this one serves the path. */
export function isOfOtherVersion(apiVersion: ApiVersion, method: string, path: string): boolean {
  const others = SERVED_VERSIONS.filter((version) => version !== apiVersion);
  return others.some((version) => matchRoute(version, method, path, {}).operation !== 'unknown');
}

/**
 * Returns the id in the path; empty for a path without an id; `undefined` if the path is another one. A slash at the end
 * of the path is ignored, as web frameworks do.
 */
function matchPath(pattern: string, given: string): string | undefined {
  const path = given.replace(/(?<=.)\/$/, '');
  if (!pattern.includes('*')) return path === pattern ? '' : undefined;
  const [before = '', after = ''] = pattern.split('*');
  if (!path.startsWith(before) || !path.endsWith(after)) return undefined;
  const id = path.slice(before.length, path.length - after.length);
  return id === '' || id.includes('/') ? undefined : decodedId(id);
}

function decodedId(id: string): string {
  try {
    return decodeURIComponent(id);
  } catch {
    return id;
  }
}
