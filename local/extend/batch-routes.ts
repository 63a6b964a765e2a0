import { defined, isPlainObject } from '../../json';
import { batchObject } from './batch-object';
import { effectiveConfig } from './effective-config';
import { jsonResponse, type EmulatorResponse } from './emulator-response';
import type { EmulatorState } from './emulator-state';
import type { Exchange } from './exchange';
import { findScript, type NamedScript } from './find-script';
import { checkFile, checkMetadata, MAX_JSON_BYTES } from './read-order';
import { RefusedRequest } from './refused-request';
import type { Batch, OrderedRun, RunOrder } from './run-store';

/** Largest number of documents of one batch, as the API documents it. */
const MAX_INPUTS = 1000;

/** Words for a run that has ended. */
const ENDED: ReadonlySet<string> = new Set(['PROCESSED', 'FAILED', 'CANCELLED']);

/** `POST /parse_runs/batch`: creates one run for each input, and answers with the batch. */
export function createBatch({ request, owner, state }: Exchange): EmulatorResponse {
  const batch = state.runs.createBatch(readInputs(request.bodyJson, owner, state), owner);
  return jsonResponse(200, batchObject(batch, 'PENDING'));
}

/** `GET /batch_runs/{id}`: answers with the state of a batch. Each of its runs advances as by a poll. */
export function getBatch({ request, owner, state }: Exchange): EmulatorResponse {
  const batch = state.runs.getBatch(request.batchId ?? '', owner);
  return jsonResponse(200, batchObject(batch, statusOf(batch, state)));
}

/** A batch is PROCESSED when all its runs have ended, whatever their ends. */
function statusOf({ runIds }: Batch, { runs }: EmulatorState): string {
  const statuses = runIds.flatMap((id) => runs.find(id)?.progress.next('read').status ?? []);
  if (statuses.every((status) => ENDED.has(status))) return 'PROCESSED';
  return statuses.every((status) => status === 'PENDING') ? 'PENDING' : 'PROCESSING';
}

/** An input whose text is not stored yet, because a batch with one wrong input is refused as a whole. */
interface CheckedInput {
  readonly file: ReturnType<typeof checkFile> | TextFile;
  readonly metadata: RunOrder['metadata'];
  readonly script: NamedScript | undefined;
}

/** A file that the request contains. */
interface TextFile {
  readonly text: string;
  readonly name: string;
}

function readInputs(body: unknown, owner: string, state: EmulatorState): readonly OrderedRun[] {
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
  const checked = inputs.map((input: unknown, at) => checkInput(input, `inputs.${at}`, owner, state));
  return checked.map(({ file, metadata, script }) => {
    const stored = 'text' in file ? { fileId: storeText(file, owner, state) } : file;
    return { order: { apiVersion: '2026-02-09', owner, ...stored, config, ...defined({ metadata }) }, script };
  });
}

/** @throws RefusedRequest 400 for an input that is wrong, 404 for one whose file does not exist */
function checkInput(input: unknown, path: string, owner: string, { files, scripts }: EmulatorState): CheckedInput {
  if (!isPlainObject(input)) throw new RefusedRequest(400, `${path} must be an object`);
  const metadata = checkMetadata(input['metadata'], `${path}.metadata`);
  const text = textOf(input['file']);
  if (text !== undefined) return { file: text, metadata, script: undefined };
  const file = checkFile(input['file'], `${path}.file`);
  if (file.fileUrl === undefined) files.getOwned(file.fileId, owner);
  return { file, metadata, script: file.fileUrl === undefined ? undefined : findScript(file.fileUrl, scripts) };
}

/** Returns the text of a file without another locator; `undefined` for any other file. */
function textOf(file: unknown): TextFile | undefined {
  if (!isPlainObject(file) || typeof file['text'] !== 'string' || 'url' in file || 'id' in file) return undefined;
  return { text: file['text'], name: typeof file['name'] === 'string' ? file['name'] : 'text.txt' };
}

function storeText({ text, name }: TextFile, owner: string, { files }: EmulatorState): string {
  return files.add({ owner, name, type: 'TXT', bytes: new Uint8Array(Buffer.from(text)), uploaded: false }).id;
}
