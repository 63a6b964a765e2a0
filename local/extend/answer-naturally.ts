import { failureResponse, type EmulatorResponse } from './emulator-response';
import type { Exchange } from './exchange';
import { deleteFile, getFile, listFiles, uploadFile } from './file-routes';
import type { Operation } from './ledger';
import { serveContent } from './presigned-routes';
import { RefusedRequest } from './refused-request';
import { deleteRun, parseNow, serveRun, submitRun } from './run-routes';

type Handler = (exchange: Exchange) => EmulatorResponse | Promise<EmulatorResponse>;

const HANDLERS: Readonly<Record<Operation, Handler>> = {
  submit: submitRun,
  parse: parseNow,
  read: serveRun,
  result: serveRun,
  deleteRun,
  upload: uploadFile,
  listFiles,
  getFile,
  deleteFile,
  content: serveContent,
  unknown: ({ request }) => unservedResponse(`Cannot ${request.method} ${request.path}`),
};

/** Acts on a request and returns its natural answer. A refusal is a natural answer too. */
export async function answerNaturally(exchange: Exchange): Promise<EmulatorResponse> {
  const { request } = exchange;
  try {
    checkExchange(exchange);
    return await HANDLERS[request.operation](exchange);
  } catch (error) {
    if (error instanceof RefusedRequest) return error.toResponse();
    process.stderr.write(`emulator: ${request.method} ${request.path}: ${String(error)}\n`);
    return failureResponse();
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
 * The 404 of a path that is not served. It is plain text, as web frameworks answer, and not one of the API's errors.
 */
function unservedResponse(text: string): EmulatorResponse {
  return { status: 404, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: { raw: text } };
}
