import { defined } from '../../json';
import type { Answers, FileDetails, RunToAnswer } from './answers';
import { creditsFor } from './credits';
import type { StoredFile } from './emulator-files';
import type { FileContents } from './file-contents';
import { fileFacts } from './file-facts';
import type { EmulatorState } from './emulator-state';
import type { RunSnapshot } from './run-progress';
import type { Run } from './run-store';

const NO_CONTENTS: FileContents = { rawText: null, markdown: null, pages: null, sheets: null };

/** The answers of version 2025-04-21: most are an envelope with the member `success`. */
export const ANSWERS_2025_04_21: Answers = {
  submitted: ({ run, snapshot }) => statusObject(run, snapshot),
  run: (to, content) => ({
    success: true,
    parserRun:
      to.snapshot.as === 'parser_run'
        ? runObject(to, content === 'url' ? to.state : undefined)
        : statusObject(to.run, to.snapshot),
  }),
  parsedNow: (to) => runObject(to),
  deletedRun: (parserRunId) => ({
    success: true,
    parserRunId,
    message: 'Parser run data has been successfully deleted.',
  }),
  file: (file, details) => ({ success: true, file: fileObject(file, details) }),
  files: ({ items, nextPageToken }) => ({
    success: true,
    files: items.map((file) => fileObject(file)),
    ...defined({ nextPageToken }),
  }),
  deletedFile: (fileId) => ({ success: true, fileId, message: 'File data has been successfully deleted.' }),
  refusal: ({ message, code }) => ({ success: false, error: message, ...defined({ code }) }),
};

/** The short run object. */
function statusObject(run: Run, { status, failureReason }: Pick<RunSnapshot, 'status' | 'failureReason'>): object {
  return { object: 'parser_run_status', id: run.id, status, ...defined({ failureReason }) };
}

/**
 * Creates the long run object. With `presign`, every chunk's content is a presigned URL, and its blocks are left out.
 */
function runObject({ run, snapshot }: RunToAnswer, presign?: EmulatorState): object {
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
    ...defined({ ocr: output?.ocr }),
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

function fileObject(file: StoredFile, details?: FileDetails): object {
  const { presignedUrl = null, pageCount = null } = details ?? {};
  const contents = details?.contents ?? NO_CONTENTS;
  return { ...fileFacts(file), presignedUrl, contents, metadata: { pageCount, parentSplit: null }, usage: null };
}
