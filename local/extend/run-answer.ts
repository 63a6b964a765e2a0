import { jsonAnswer, type Answer } from './answer';
import type { EmulatorState, Exchange } from './emulator-state';
import type { RunSnapshot } from './run-progress';
import { creditsFor, type Run } from './run-store';

/** The bare object that `POST /parse/async` answers with. */
export function submitAnswer(run: Run, { report }: Exchange): Answer {
  return jsonAnswer(200, statusObject(run, report ?? run.progress.submitted()));
}

/** The envelope that `GET /parser_runs/{id}` answers with. */
export function readAnswer(run: Run, exchange: Exchange): Answer {
  const { request, report, state } = exchange;
  const kind = request.operation === 'read' ? 'read' : 'result';
  const snapshot = report ?? run.progress.next(kind);
  const parserRun =
    snapshot.as === 'parser_run'
      ? runObject(run, snapshot, kind === 'read' ? state : undefined)
      : statusObject(run, snapshot);
  return jsonAnswer(200, { success: true, parserRun });
}

/** The short run object. */
function statusObject(run: Run, { status, failureReason }: Pick<RunSnapshot, 'status' | 'failureReason'>): object {
  return { object: 'parser_run_status', id: run.id, status, ...(failureReason === undefined ? {} : { failureReason }) };
}

/** The long run object. With `presign` every chunk's content is a presigned URL, and its blocks are left out. */
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
        : chunks.map((chunk, at) => ({ ...chunk, content: chunkUrl(run, at, presign), blocks: [] })),
    status,
    ...(failureReason === undefined ? {} : { failureReason }),
    metrics: { processingTimeMs: output?.processingTimeMs ?? 0, pageCount },
    config: run.config,
    usage: { credits: creditsFor(run.config, pageCount) },
    ...overrides,
  };
}

function chunkUrl(run: Run, at: number, { presigned, baseUrl }: EmulatorState): string {
  return presigned.create(baseUrl, `/presigned/runs/${run.id}/chunks/${at}`);
}
