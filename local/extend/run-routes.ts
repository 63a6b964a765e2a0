import { answersOf } from './answers-of';
import { jsonResponse, type EmulatorResponse } from './emulator-response';
import type { Exchange } from './exchange';
import { createId } from './ids';
import type { EmulatorRequest } from './ledger';
import { RefusedRequest } from './refused-request';
import { existingRun, type Run } from './run-store';

/** HTTP status of a document's failure on the synchronous call. Other reasons are 500. */
const SYNC_STATUS: Readonly<Record<string, number>> = {
  UNABLE_TO_DOWNLOAD_FILE: 400,
  FILE_TYPE_NOT_SUPPORTED: 400,
  FILE_SIZE_TOO_LARGE: 400,
  CORRUPT_FILE: 422,
  PASSWORD_PROTECTED_FILE: 422,
};

/** `POST /parse/async` and `POST /parse_runs`: creates a run and answers before it is parsed. */
export function submitRun(exchange: Exchange): EmulatorResponse {
  const { request, report, state } = exchange;
  const run = createRun(exchange);
  const snapshot = report ?? run.progress.submitted();
  return jsonResponse(200, answersOf(request.apiVersion).submitted({ run, snapshot, state }));
}

/** `POST /parse`: creates a run, waits for its end, and answers with the bare run, or with the document's failure. */
export async function parseNow(exchange: Exchange): Promise<EmulatorResponse> {
  const { request, state } = exchange;
  checkResponseType(request);
  const run = createRun(exchange);
  const snapshot = await run.progress.ended();
  if (snapshot.status === 'PROCESSED') {
    return jsonResponse(200, answersOf(request.apiVersion).parsedNow({ run, snapshot, state }));
  }
  const reason = snapshot.failureReason ?? 'INTERNAL_ERROR';
  const code = reason.split(':')[0] ?? reason;
  const status = SYNC_STATUS[code] ?? 500;
  return jsonResponse(status, { code, message: reason, requestId: createId('req_'), retryable: status === 500 });
}

/** `GET` of a run: answers with its state, or with its result. */
export function serveRun(exchange: Exchange): EmulatorResponse {
  const { request, report, state } = exchange;
  checkResponseType(request);
  const run = namedRun(exchange);
  const kind = request.operation === 'read' ? 'read' : 'result';
  const snapshot = report ?? run.progress.next(kind);
  const content = kind === 'read' ? 'url' : 'json';
  const response = jsonResponse(200, answersOf(request.apiVersion).run({ run, snapshot, state }, content));
  const isDelivered = snapshot.status === 'PROCESSED' && 'output' in snapshot;
  if (isDelivered && run.isZeroRetention && state.zeroRetention === 'deletedAfterResult') state.runs.delete(run);
  return response;
}

/** `POST /parse_runs/{id}/cancel`: ends the run as CANCELLED. A run that has ended refuses that. */
export function cancelRun(exchange: Exchange): EmulatorResponse {
  const { request, state } = exchange;
  const run = namedRun(exchange);
  if (!run.progress.cancel()) {
    const { status } = run.progress.current();
    throw new RefusedRequest(400, `Only a run that is PROCESSING can be cancelled, this one is ${status}`);
  }
  const snapshot = run.progress.current();
  return jsonResponse(200, answersOf(request.apiVersion).submitted({ run, snapshot, state }));
}

/** `DELETE` of a run: every later call answers as if the run did not exist. The parsing goes on. */
export function deleteRun(exchange: Exchange): EmulatorResponse {
  const run = namedRun(exchange);
  exchange.state.runs.delete(run);
  return jsonResponse(200, answersOf(exchange.request.apiVersion).deletedRun(run.id));
}

function checkResponseType({ query: { responseType = 'json' } }: EmulatorRequest): void {
  if (responseType === 'json' || responseType === 'url') return;
  throw new RefusedRequest(400, `responseType must be json or url, got ${responseType}`);
}

function namedRun({ run, request }: Exchange): Run {
  return existingRun(run, request.runId ?? '');
}

function createRun({ submission, owner, state }: Exchange): Run {
  const { order, script } = submission;
  if (order instanceof RefusedRequest) throw order;
  return state.runs.create({ ...order, owner }, script);
}
