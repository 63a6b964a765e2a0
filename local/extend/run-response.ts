import { defined } from '../../json';
import { jsonResponse, type EmulatorResponse } from './emulator-response';
import type { EmulatorState } from './emulator-state';
import type { Exchange } from './exchange';
import type { RunSnapshot } from './run-progress';
import { creditsFor, type Run } from './run-store';

/** Creates the response to `POST /parse/async`: the bare status object. */
export function submitResponse(run: Run, { report }: Exchange): EmulatorResponse {
  return jsonResponse(200, statusObject(run, report ?? run.progress.submitted()));
}

/** Creates the response to `GET /parser_runs/{id}`: an envelope with one of the two run objects. */
export function readResponse(run: Run, { request, report, state }: Exchange): EmulatorResponse {
  const kind = request.operation === 'read' ? 'read' : 'result';
  const snapshot = report ?? run.progress.next(kind);
  const parserRun =
    snapshot.as === 'parser_run'
      ? runObject(run, snapshot, kind === 'read' ? state : undefined)
      : statusObject(run, snapshot);
  return jsonResponse(200, { success: true, parserRun });
}

/** The short run object. */
function statusObject(run: Run, { status, failureReason }: Pick<RunSnapshot, 'status' | 'failureReason'>): object {
  return { object: 'parser_run_status', id: run.id, status, ...defined({ failureReason }) };
}

/**
 * Creates the long run object. With `presign`, every chunk's content is a presigned URL, and its blocks are left out.
 */
export function runObject(run: Run, snapshot: RunSnapshot, presign?: EmulatorState): object {
  const { status, failureReason, output, overrides } = snapshot;
  const chunks = output?.chunks() ?? [];
  const pageCount = output?.pageCount ?? 0;
  return {
    object: 'parser_run',
    id: run.id,
    fileId: run.fileId,
    chunks:
      presign === undefined
        ? chunks
        : chunks.map((chunk, index) => ({ ...chunk, content: chunkUrl(run, index, presign), blocks: [] })),
    status,
    ...defined({ failureReason }),
    metrics: { processingTimeMs: output?.processingTimeMs ?? 0, pageCount },
    config: run.config,
    usage: { credits: creditsFor(run.config, pageCount) },
    ...overrides,
  };
}

function chunkUrl(run: Run, index: number, { presigned, baseUrl }: EmulatorState): string {
  return presigned.create(baseUrl, `/presigned/runs/${run.id}/chunks/${index}`);
}
