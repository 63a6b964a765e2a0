import { jsonResponse, type EmulatorResponse } from './emulator-response';
import type { Exchange } from './exchange';
import { createId } from './ids';
import { RefusedRequest } from './refused-request';
import { readResponse, runObject, submitResponse } from './run-response';
import { existingRun, type Run } from './run-store';

/** HTTP status of a document's failure on the synchronous call. Other reasons are 500. */
const SYNC_STATUS: Readonly<Record<string, number>> = {
  UNABLE_TO_DOWNLOAD_FILE: 400,
  FILE_TYPE_NOT_SUPPORTED: 400,
  FILE_SIZE_TOO_LARGE: 400,
  CORRUPT_FILE: 422,
  PASSWORD_PROTECTED_FILE: 422,
};

/** `POST /parse/async`: creates a run and answers before it is parsed. */
export function submitRun(exchange: Exchange): EmulatorResponse {
  return submitResponse(createRun(exchange), exchange);
}

/** `POST /parse`: creates a run, waits for its end, and answers with the bare run, or with the document's failure. */
export async function parseNow(exchange: Exchange): Promise<EmulatorResponse> {
  const run = createRun(exchange);
  const snapshot = await run.progress.ended();
  if (snapshot.status === 'PROCESSED') return jsonResponse(200, runObject(run, snapshot));
  const reason = snapshot.failureReason ?? 'INTERNAL_ERROR';
  const code = reason.split(':')[0] ?? reason;
  const status = SYNC_STATUS[code] ?? 500;
  return jsonResponse(status, { code, message: reason, requestId: createId('req_'), retryable: status === 500 });
}

/** `GET /parser_runs/{id}`: answers with the state of a run, or with its result. */
export function serveRun(exchange: Exchange): EmulatorResponse {
  const responseType = exchange.request.query['responseType'];
  if (responseType !== undefined && responseType !== 'json' && responseType !== 'url') {
    throw new RefusedRequest(400, `responseType must be json or url, got ${responseType}`);
  }
  return readResponse(namedRun(exchange), exchange);
}

/** `DELETE /parser_runs/{id}`: every later call answers as if the run did not exist. The parsing goes on. */
export function deleteRun(exchange: Exchange): EmulatorResponse {
  const run = namedRun(exchange);
  exchange.state.runs.delete(run);
  const message = 'Parser run data has been successfully deleted.';
  return jsonResponse(200, { success: true, parserRunId: run.id, message });
}

function namedRun({ run, request }: Exchange): Run {
  return existingRun(run, request.runId ?? '');
}

function createRun({ submission, state }: Exchange): Run {
  const { order, script } = submission;
  if (order instanceof RefusedRequest) throw order;
  return state.runs.create(order, script);
}
