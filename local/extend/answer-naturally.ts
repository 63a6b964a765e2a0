import { failureResponse, refusalResponse } from './answers-of';
import type { EmulatorResponse } from './emulator-response';
import type { Exchange } from './exchange';
import { deleteFile, getFile, listFiles, uploadFile } from './file-routes';
import type { Operation } from './ledger';
import { serveContent } from './presigned-routes';
import { createBatch, getBatch } from './batch-routes';
import { listRuns } from './list-runs';
import { isOfOtherVersion } from './match-route';
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
    checkExchange(exchange);
    return await HANDLERS[request.operation](exchange);
  } catch (error) {
    if (error instanceof RefusedRequest) return refusalResponse(error, request.apiVersion);
    process.stderr.write(`emulator: ${request.method} ${request.path}: ${String(error)}\n`);
    return failureResponse(request.apiVersion);
  }
}

/** @throws RefusedRequest 400 for a body that is too large, 401 or 400 for headers that are wrong. */
function checkExchange({ request, isBodyTooLarge, state, headerRefusal }: Exchange): void {
  if (isBodyTooLarge) {
    throw new RefusedRequest(400, `The limit is ${state.maxInputBytes} bytes`, 'FILE_SIZE_TOO_LARGE');
  }
  if (headerRefusal !== undefined && request.operation !== 'content') throw headerRefusal;
}

/**
 * Answers a request for a path that this version of the API does not serve. A path of another version was removed, if
 * the request reads; else the answer is the plain text of a web framework, and none of the API's errors.
 */
function serveNothing({ request }: Exchange): EmulatorResponse {
  const { apiVersion, method, path } = request;
  if (method === 'GET' && isOfOtherVersion(apiVersion, method, path)) {
    throw new RefusedRequest(410, `${path} is not part of version ${apiVersion}`, 'ENDPOINT_REMOVED');
  }
  const raw = `Cannot ${method} ${path}`;
  return { status: 404, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: { raw } };
}
