import { outputObject } from './answers-2026-02-09';
import { jsonResponse, type EmulatorResponse } from './emulator-response';
import type { EmulatorState } from './emulator-state';
import { RefusedRequest } from './refused-request';
import type { Exchange } from './exchange';

const CHUNK_PATH = /^\/presigned\/runs\/([^/]+)\/chunks\/(\d+)$/;
const EVENT_PATH = /^\/presigned\/events\/([^/]+)$/;
const FILE_PATH = /^\/presigned\/files\/([^/]+)$/;

/**
 * Serves the target of a presigned URL: the output of a run, the content of one of its chunks, the payload of an event, or
 * a file's bytes.
 */
export function serveContent({ request, state }: Exchange): EmulatorResponse {
  state.presigned.check(request.path, request.query);
  const [, runId, at] = CHUNK_PATH.exec(request.path) ?? [];
  if (runId !== undefined) {
    const chunk = state.runs.get(runId).progress.current().output?.chunks()[Number(at)];
    if (chunk === undefined) throw new RefusedRequest(404, 'The content is gone');
    return { status: 200, headers: { 'content-type': 'text/markdown; charset=utf-8' }, body: { raw: chunk.content } };
  }
  if (request.runId !== undefined) return serveOutput(request.runId, state);
  const eventKey = EVENT_PATH.exec(request.path)?.[1];
  if (eventKey !== undefined) return servePayload(eventKey, state);
  const fileId = FILE_PATH.exec(request.path)?.[1];
  if (fileId === undefined) throw new RefusedRequest(404, 'Nothing is served at this path');
  const { bytes } = state.files.get(fileId);
  return { status: 200, headers: { 'content-type': 'application/octet-stream' }, body: { raw: bytes } };
}

function servePayload(key: string, { webhooks }: EmulatorState): EmulatorResponse {
  const payload = webhooks.payload(key);
  if (payload === undefined) throw new RefusedRequest(404, 'The payload is gone');
  return jsonResponse(200, payload);
}

/** The output stays there for the lifetime of its URL, even if the run is deleted. */
function serveOutput(runId: string, { runs }: EmulatorState): EmulatorResponse {
  const output = runs.find(runId)?.progress.current().output;
  if (output === undefined) throw new RefusedRequest(404, 'The output is gone');
  return jsonResponse(200, outputObject(output));
}
