import { defined } from '../../json';
import type { Answers, RefusalToAnswer, RunToAnswer } from './answers';
import { creditsFor } from './credits';
import { failureOf } from './failure-message';
import { fileFacts } from './file-facts';
import { createId } from './ids';
import { nameInUrl } from './name-in-url';
import type { RunOutput } from './run-progress';
import type { Run } from './run-store';
import { timestamp } from './timestamp';

/** The answers of version 2026-02-09: bare objects, in which `null` stands for a value that is not there. */
export const ANSWERS_2026_02_09: Answers = {
  submitted: (to) => runObject(to, { output: null, outputUrl: null }),
  run: (to, content) => runObject(to, contentOf(to, content)),
  parsedNow: (to) => runObject(to, contentOf(to, 'json')),
  deletedRun: (id) => ({ id }),
  file: (file, details) => {
    const { presignedUrl = null, contents = null, pageCount } = details ?? {};
    return { ...fileFacts(file), metadata: defined({ pageCount }), presignedUrl, contents };
  },
  files: ({ items, nextPageToken }) => ({ object: 'list', data: items.map(fileObject), ...defined({ nextPageToken }) }),
  deletedFile: (id) => ({ id }),
  refusal: errorObject,
};

/** Returns the object of a run in a list: without its content, its configuration and the breakdown of its price. */
export function runSummary(to: RunToAnswer): object {
  const at = timestamp(to.run.createdAtMs);
  return { ...runFacts(to), usage: usageOf(to), createdAt: at, updatedAt: at };
}

/** Returns the content that a run object and a presigned URL of a run have. */
export function outputObject({ chunks, ocr }: RunOutput): object {
  return { chunks: chunks(), ...defined({ ocr }) };
}

interface Content {
  readonly output: object | null;
  readonly outputUrl: string | null;
}

function contentOf({ run, snapshot, state }: RunToAnswer, content: 'json' | 'url'): Content {
  const { output } = snapshot;
  if (output === undefined) return { output: null, outputUrl: null };
  if (content === 'json') return { output: outputObject(output), outputUrl: null };
  return { output: null, outputUrl: state.presigned.create(state.baseUrl, `/presigned/runs/${run.id}/output`) };
}

function runObject(to: RunToAnswer, content: Content): object {
  const { run, snapshot } = to;
  const usage = usageOf(to);
  const breakdown = usage && [{ object: 'parse_run', id: run.id, credits: usage.credits }];
  return {
    ...runFacts(to),
    ...content,
    config: run.config,
    usage: usage && { ...usage, breakdown },
    ...snapshot.overrides,
  };
}

/** The members that a run object has wherever it appears. */
function runFacts(to: RunToAnswer): object {
  const { run, snapshot } = to;
  const { output } = snapshot;
  return {
    object: 'parse_run',
    id: run.id,
    batchId: run.batchId ?? null,
    file: fileOfRun(to),
    status: snapshot.status,
    ...failureOf(snapshot.failureReason, snapshot.failureMessage),
    metadata: run.metadata ?? null,
    metrics: output ? { processingTimeMs: output.processingTimeMs, pageCount: output.pageCount } : null,
  };
}

function usageOf({ run, snapshot }: RunToAnswer): { readonly credits: number; readonly totalCredits: number } | null {
  if (snapshot.output === undefined) return null;
  const credits = creditsFor(run.config, snapshot.output.pageCount);
  return { credits, totalCredits: credits };
}

/** The file of a run. It is null for a run that was created by a batch request and whose file could not be downloaded. */
function fileOfRun({ run, snapshot, state }: RunToAnswer): object | null {
  const stored = state.files.find(run.fileId);
  if (stored !== undefined) return fileObject(stored);
  if (run.batchId !== undefined && snapshot.failureReason === 'UNABLE_TO_DOWNLOAD_FILE') return null;
  return fileObject({ id: run.fileId, name: nameOf(run), createdAtMs: run.createdAtMs });
}

/** Returns the name of a run's file, as far as the submit tells it. */
export function nameOf({ fileName, fileUrl = '' }: Run): string {
  return fileName ?? (URL.canParse(fileUrl) ? nameInUrl(new URL(fileUrl)) : 'document');
}

function fileObject(file: Parameters<typeof fileFacts>[0]): object {
  return { ...fileFacts(file), metadata: {} };
}

/** Error codes of answers for which the endpoint gives none. */
const CODES: Readonly<Record<number, string>> = {
  401: 'UNAUTHORIZED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  410: 'ENDPOINT_REMOVED',
  500: 'INTERNAL_ERROR',
};

function errorObject({ status, message, code = CODES[status] ?? 'INVALID_REQUEST' }: RefusalToAnswer): object {
  return { code, message, retryable: status === 429 || status >= 500, requestId: createId('req_') };
}
