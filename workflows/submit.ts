import { isCancellation, log, sleep } from '@temporalio/workflow';
import type { SubmitParseInput } from '../activities/types';
import { isFailureType, type DocumentFile } from '../contract';
import { submitCall, uploadCall } from './activity-calls';
import { afterFailedSubmit, type FailedSubmit } from './after-failed-submit';
import { deadlineExceeded, jobFailure, toActivityEnd, type ActivityEnd } from './failures';
import type { Job } from './job';
import { countSubmit } from './metrics';

/**
 * Sends the document until it is accepted, and notes the run id. A submit is never repeated by Temporal: what follows a
 * failed one is decided by `afterFailedSubmit`.
 */
export async function submitDocument(job: Job): Promise<void> {
  const file = await submittableFile(job, job.document.file);
  while (job.state.runId === undefined) {
    await job.renew();
    if (job.remainingMs === 0) throw overdue(job);
    try {
      await submitOnce(job, file);
    } catch (error) {
      if (isCancellation(error)) throw error;
      await pauseAfter(job, toActivityEnd(error));
    }
  }
}

/**
 * A source that has to be uploaded is uploaded first, once: every submit then names the same file. One that is a URL is
 * left to the submit, which makes the URL anew each time.
 */
async function submittableFile(job: Job, file: DocumentFile): Promise<SubmitParseInput['file']> {
  if (!('source' in file)) return file;
  const { source, fileName } = file;
  const name = fileName === undefined ? {} : { fileName };
  if (job.state.uploadedFileId === undefined) {
    if (job.remainingMs === 0) throw overdue(job);
    const { fileId } = await uploadCall(job).uploadFile({ source, ...name });
    if (fileId === undefined) return file;
    job.update({ uploadedFileId: fileId });
  }
  const { uploadedFileId } = job.state;
  return uploadedFileId === undefined ? file : { fileId: uploadedFileId, ...name };
}

async function submitOnce(job: Job, file: SubmitParseInput['file']): Promise<void> {
  const { config } = job.document;
  const { submitParse } = submitCall(job, `submit ${job.state.submits + 1}`);
  const { runId, status, failureReason } = await submitParse({ file, ...(config && { config }) });
  job.update({
    phase: 'waiting',
    runId,
    status,
    ...(failureReason !== undefined && { failureReason }),
    acceptedAtMs: Date.now(),
    submits: job.state.submits + 1,
  });
  countSubmit('accepted');
  log.info('accepted by Extend', { ...job.logAttributes, submits: job.state.submits });
}

async function pauseAfter(job: Job, end: ActivityEnd): Promise<void> {
  if (end.neverStarted) throw overdue(job);
  const failed = toFailedSubmit(end);
  countSubmit(failed.kind === 'final' ? 'refused' : failed.kind);
  const { submits, rejections } = job.state;
  const mayHaveRun = failed.kind === 'ambiguous' || end.details.runMayExist === true;
  if (mayHaveRun) job.update({ submits: submits + 1, rejections: 0 });
  if (failed.kind === 'rejected') job.update({ rejections: rejections + 1 });
  job.noteFailure(end.message, end.details);
  if (job.remainingMs === 0 && failed.kind !== 'final') throw overdue(job);
  const decision = afterFailedSubmit(failed, { ...job.state, ...job.submitPolicy, random: Math.random() });
  if (decision.action === 'fail') {
    const unknown = decision.type === 'SubmitOutcomeUnknown';
    throw jobFailure(job, decision.type, end.message, { ...end.details, ...(unknown && { runMayExist: true }) });
  }
  await sleep(Math.min(decision.delayMs, job.remainingMs), { summary: `after: ${failed.kind} submit` });
}

function overdue(job: Job): unknown {
  return deadlineExceeded(job, { runMayExist: job.state.submits > 0 });
}

/** Only what is surely not accepted, or refused for good, is not ambiguous. A time-out is, and any unknown error. */
function toFailedSubmit({ type, details }: ActivityEnd): FailedSubmit {
  if (type === 'RateLimited' || type === 'Unavailable') {
    const { retryAfterMs } = details;
    return { kind: 'rejected', ...(retryAfterMs !== undefined && { retryAfterMs }) };
  }
  if (isFailureType(type) && type !== 'SubmitOutcomeUnknown') return { kind: 'final', type };
  return { kind: 'ambiguous' };
}
