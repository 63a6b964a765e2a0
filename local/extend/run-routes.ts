import type { ParseConfig } from '../../contract/extend/parse-api';
import { jsonAnswer, RefusedRequest, type Answer } from './answer';
import { effectiveConfig } from './effective-config';
import type { Exchange } from './emulator-state';
import { createId } from './ids';
import { readAnswer, runObject, submitAnswer } from './run-answer';
import type { Run } from './run-store';

/** HTTP status of a document's failure on the synchronous call. Other reasons are 500. */
const SYNC_STATUS: Readonly<Record<string, number>> = {
  UNABLE_TO_DOWNLOAD_FILE: 400,
  FILE_TYPE_NOT_SUPPORTED: 400,
  FILE_SIZE_TOO_LARGE: 400,
  CORRUPT_FILE: 422,
  PASSWORD_PROTECTED_FILE: 422,
};

/** `POST /parse/async`: creates a run and answers before it is parsed. */
export function submitRun(exchange: Exchange): Answer {
  return submitAnswer(createRun(exchange), exchange);
}

/** `POST /parse`: creates a run, waits for its end, and answers with the bare run, or with the document's failure. */
export async function parseNow(exchange: Exchange): Promise<Answer> {
  const run = createRun(exchange);
  const snapshot = await run.progress.ended();
  if (snapshot.status === 'PROCESSED') return jsonAnswer(200, runObject(run, snapshot));
  const reason = snapshot.failureReason ?? 'INTERNAL_ERROR';
  const code = reason.split(':')[0] ?? reason;
  const status = SYNC_STATUS[code] ?? 500;
  return jsonAnswer(status, { code, message: reason, requestId: createId('req_'), retryable: status === 500 });
}

/** `GET /parser_runs/{id}`. */
export function readRun(exchange: Exchange): Answer {
  const responseType = exchange.request.query['responseType'];
  if (responseType !== undefined && responseType !== 'json' && responseType !== 'url') {
    throw new RefusedRequest(400, `responseType must be json or url, got ${responseType}`);
  }
  return readAnswer(exchange.state.runs.get(exchange.request.runId ?? ''), exchange);
}

/** `DELETE /parser_runs/{id}`: the run is gone for every later call. It does not stop the parsing. */
export function deleteRun({ request, state }: Exchange): Answer {
  const run = state.runs.delete(request.runId ?? '');
  const message = 'Parser run data has been successfully deleted.';
  return jsonAnswer(200, { success: true, parserRunId: run.id, message });
}

interface Locator {
  readonly fileUrl?: string;
  readonly fileId?: string;
  readonly fileName?: string;
}

function createRun({ request, state }: Exchange): Run {
  const { file, config } = readSubmitBody(request.bodyJson);
  const { fileUrl, fileId, fileName } = file;
  const url = fileUrl === undefined ? {} : { fileUrl };
  const name = fileName === undefined ? {} : { fileName };
  return state.runs.create({ fileId: fileId ?? createId('file_'), ...url, ...name, config });
}

function readSubmitBody(body: unknown): { readonly file: Locator; readonly config: ParseConfig } {
  if (!isObject(body)) throw new RefusedRequest(400, 'The body must be a JSON object');
  const { file } = body;
  if (!isObject(file)) throw new RefusedRequest(400, 'file is required and must be an object');
  for (const name of ['fileUrl', 'fileId', 'fileName']) {
    const value = file[name];
    if (value !== undefined && (typeof value !== 'string' || value === '')) {
      throw new RefusedRequest(400, `file.${name} must be a non-empty string`);
    }
  }
  if ((file['fileUrl'] === undefined) === (file['fileId'] === undefined)) {
    throw new RefusedRequest(400, 'file must have exactly one of fileUrl and fileId');
  }
  return { file, config: effectiveConfig(body['config']) };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
