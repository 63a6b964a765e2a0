import { isPlainObject } from '../../json';
import { batchObject } from './answers-2026-02-09';
import { effectiveConfig } from './effective-config';
import { jsonResponse, type EmulatorResponse } from './emulator-response';
import type { EmulatorState } from './emulator-state';
import type { Exchange } from './exchange';
import { findScript } from './find-script';
import { checkFile, checkMetadata, MAX_JSON_BYTES } from './read-order';
import { RefusedRequest } from './refused-request';
import type { Batch, OrderedRun, RunOrder } from './run-store';

/** Largest number of documents of one batch, as the API documents it. */
const MAX_INPUTS = 1000;

/** Words for a run that has ended. */
const ENDED: ReadonlySet<string> = new Set(['PROCESSED', 'FAILED', 'CANCELLED']);

/** `POST /parse_runs/batch`: creates one run for each input, and answers with the batch. */
export function createBatch({ request, state }: Exchange): EmulatorResponse {
  const batch = state.runs.createBatch(readInputs(request.bodyJson, state));
  return jsonResponse(200, batchObject(batch, 'PENDING'));
}

/** `GET /batch_runs/{id}`: answers with the state of a batch. Each of its runs advances as by a poll. */
export function getBatch({ request, state }: Exchange): EmulatorResponse {
  const batch = state.runs.getBatch(request.batchId ?? '');
  return jsonResponse(200, batchObject(batch, statusOf(batch, state)));
}

/** A batch is PROCESSED when all its runs have ended, whatever their ends. */
function statusOf({ runIds }: Batch, { runs }: EmulatorState): string {
  const statuses = runIds.flatMap((id) => runs.find(id)?.progress.next('read').status ?? []);
  if (statuses.every((status) => ENDED.has(status))) return 'PROCESSED';
  return statuses.every((status) => status === 'PENDING') ? 'PENDING' : 'PROCESSING';
}

function readInputs(body: unknown, state: EmulatorState): readonly OrderedRun[] {
  if (!isPlainObject(body))
    throw new RefusedRequest(400, `The body must be a JSON object of at most ${MAX_JSON_BYTES} bytes`);
  const { inputs, priority } = body;
  if (!Array.isArray(inputs) || inputs.length === 0 || inputs.length > MAX_INPUTS) {
    throw new RefusedRequest(400, `inputs must be a list of 1 to ${MAX_INPUTS} documents`);
  }
  if (priority !== undefined && !Number.isInteger(priority)) {
    throw new RefusedRequest(400, 'priority must be a whole number');
  }
  const config = effectiveConfig(body['config'], '2026-02-09');
  return inputs.map((input: unknown, at) => readInput(input, `inputs.${at}`, config, state));
}

function readInput(input: unknown, path: string, config: RunOrder['config'], state: EmulatorState): OrderedRun {
  if (!isPlainObject(input)) throw new RefusedRequest(400, `${path} must be an object`);
  const file = checkText(input['file'], state) ?? checkFile(input['file'], `${path}.file`);
  const metadata = checkMetadata(input['metadata'], `${path}.metadata`);
  const script = file.fileUrl === undefined ? undefined : findScript(file.fileUrl, state.scripts);
  const order = { apiVersion: '2026-02-09', ...file, config, ...(metadata && { metadata }) } as const;
  return { order, script };
}

/** Stores the text of an input as a file; `undefined` if the input has none. */
function checkText(file: unknown, { files }: EmulatorState): Pick<RunOrder, 'fileId' | 'fileUrl'> | undefined {
  if (!isPlainObject(file) || typeof file['text'] !== 'string') return undefined;
  const name = typeof file['name'] === 'string' ? file['name'] : 'text.txt';
  const bytes = new Uint8Array(Buffer.from(file['text']));
  return { fileId: files.add({ name, type: 'TXT', bytes, uploaded: false }).id };
}
