import { isPlainObject } from '../../json';
import { failureResponse, refusalResponse } from './answers-of';
import type { EmulatorResponse } from './emulator-response';
import type { Exchange } from './exchange';
import { createFile, deleteFile, getFile, listFiles, uploadFile } from './file-routes';
import type { EmulatorRequest, Operation } from './ledger';
import { serveContent } from './presigned-routes';
import { createBatch, getBatch } from './batch-routes';
import { listRuns } from './list-runs';
import { isOfOtherVersion, methodsOf } from './match-route';
import { RefusedRequest } from './refused-request';
import { createEndpoint, deleteEndpoint, getEndpoint, listEndpoints, updateEndpoint } from './webhooks/endpoint-routes';
import { cancelRun, deleteRun, parseNow, serveRun, submitRun } from './run-routes';

type Handler = (exchange: Exchange) => EmulatorResponse | Promise<EmulatorResponse>;

const HANDLERS: Readonly<Record<Operation, Handler>> = {
  submit: submitRun,
  parse: parseNow,
  read: serveRun,
  result: serveRun,
  listRuns,
  cancelRun,
  deleteRun,
  createBatch,
  getBatch,
  upload: uploadFile,
  createFile,
  listFiles,
  getFile,
  deleteFile,
  createEndpoint,
  listEndpoints,
  getEndpoint,
  updateEndpoint,
  deleteEndpoint,
  content: serveContent,
  unknown: serveNothing,
};

/** Acts on a request and returns its natural answer. A refusal is a natural answer too. */
export async function answerNaturally(exchange: Exchange): Promise<EmulatorResponse> {
  const { request } = exchange;
  try {
    if (request.method === 'OPTIONS') return serveOptions(request);
    checkExchange(exchange);
    return await HANDLERS[request.operation](exchange);
  } catch (error) {
    if (error instanceof RefusedRequest) return refusalResponse(error, request.apiVersion);
    process.stderr.write(`emulator: ${request.method} ${request.path}: ${String(error)}\n`);
    return failureResponse(request.apiVersion);
  }
}

/** @throws RefusedRequest for a body or headers that are refused, and 429 above a rate limit. */
function checkExchange({ request, bodyRefusal, headerRefusal, state }: Exchange): void {
  if (bodyRefusal !== undefined) throw bodyRefusal;
  if (request.operation === 'content') return;
  if (headerRefusal !== undefined) throw headerRefusal;
  state.rateLimits.take(runsOf(request));
}

/** Returns the number of runs that a request creates, if it is right. */
function runsOf({ operation, bodyJson }: EmulatorRequest): number {
  if (operation === 'submit' || operation === 'parse') return 1;
  const inputs = operation === 'createBatch' && isPlainObject(bodyJson) ? bodyJson['inputs'] : undefined;
  return Array.isArray(inputs) ? inputs.length : 0;
}

/** Answers `OPTIONS` with the methods of the path. It needs no key, and allows no web page of another origin anything. */
function serveOptions({ path }: EmulatorRequest): EmulatorResponse {
  const methods = methodsOf(path);
  const raw = methods.length === 0 ? `Cannot OPTIONS ${path}` : '';
  return { status: raw === '' ? 204 : 404, headers: { allow: methods.join(', ') }, body: { raw } };
}

/**
 * Answers a request that is no call of this version of the API. A path of another version was removed, if the request
 * reads, and a path of this version has other methods; else the answer is the plain text of a web framework, and none of
 * the API's errors.
 */
function serveNothing({ request }: Exchange): EmulatorResponse {
  const { apiVersion, method, path } = request;
  if (method === 'GET' && isOfOtherVersion(apiVersion, method, path)) {
    throw new RefusedRequest(410, `${path} is not part of version ${apiVersion}`, 'ENDPOINT_REMOVED');
  }
  const methods = methodsOf(path, [apiVersion]).join(', ');
  if (methods !== '') {
    throw new RefusedRequest(405, `${path} has the methods ${methods}, got ${method}`, undefined, { allow: methods });
  }
  const raw = `Cannot ${method} ${path}`;
  return { status: 404, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: { raw } };
}
