import type { EmulatorResponse } from './emulator-response';
import { RefusedRequest } from './refused-request';
import type { Exchange } from './exchange';

const CHUNK_PATH = /^\/presigned\/runs\/([^/]+)\/chunks\/(\d+)$/;
const FILE_PATH = /^\/presigned\/files\/([^/]+)$/;

/** Serves the target of a presigned URL: the content of one chunk, or a file's bytes. */
export function serveContent({ request, state }: Exchange): EmulatorResponse {
  state.presigned.check(request.path, request.query);
  const [, runId, at] = CHUNK_PATH.exec(request.path) ?? [];
  if (runId !== undefined) {
    const chunk = state.runs.get(runId).progress.current().output?.chunks()[Number(at)];
    if (chunk === undefined) throw new RefusedRequest(404, 'The content is gone');
    return { status: 200, headers: { 'content-type': 'text/markdown; charset=utf-8' }, body: { raw: chunk.content } };
  }
  const fileId = FILE_PATH.exec(request.path)?.[1];
  if (fileId === undefined) throw new RefusedRequest(404, 'Nothing is served at this path');
  const { bytes } = state.files.get(fileId);
  return { status: 200, headers: { 'content-type': 'application/octet-stream' }, body: { raw: bytes } };
}
