import { isCancellation, log, sleep } from '@temporalio/workflow';
import type { SubmitParseInput, SubmittedRun } from '../activities/types';
import { isFailureType, type DocumentToSubmit } from '../contract';
import { defined } from '../json';
import { afterFailedSubmit, type FailedSubmit } from './after-failed-submit';
import { deadlineExceeded, endingFailure, unwrapActivityFailure, type UnwrappedFailure } from './failures';
import type { Journal } from './journal';
import { countSubmit } from './metrics';
import type { ParseContext } from './open-parse';
import { WORKFLOW_REVISION, type AcceptedRun } from './parse-state';

type SubmitContext = Pick<ParseContext, 'calls' | 'clock' | 'journal' | 'continueAsNewIfSuggested'>;

/**
 * Submits the document until Extend accepts it, and returns the run. Temporal never repeats a submit, because
 * `afterFailedSubmit` decides what follows a failed one.
 */
export async function submitDocument(context: SubmitContext, document: DocumentToSubmit): Promise<AcceptedRun> {
  const { clock, journal } = context;
  const file = await submittableFile(context, document);
  for (;;) {
    await context.continueAsNewIfSuggested();
    if (clock.remainingMs === 0) throw overdue(journal);
    const outcome = await submitOnce(context, toSubmit(file, document));
    if ('runId' in outcome) return outcome;
    await pauseAfter(context, document, outcome);
  }
}

/**
 * Uploads a source once, before the first submit, if its resolver requires it: every submit then names the same file. A
 * source that is a URL stays with the submit, which makes a new URL each time.
 */
async function submittableFile(
  { calls, clock, journal }: SubmitContext,
  { file, versionedFields }: DocumentToSubmit,
): Promise<SubmitParseInput['file']> {
  if (!('source' in file)) return file;
  const { source, fileName } = file;
  const name = defined({ fileName });
  const { uploadedFileId } = journal.state;
  if (uploadedFileId !== undefined) return { fileId: uploadedFileId, ...name };
  const { remainingMs } = clock;
  if (remainingMs === 0) throw overdue(journal);
  const { fileId } = await calls.upload(remainingMs).uploadFile({ source, ...name, ...defined({ versionedFields }) });
  if (fileId === undefined) return file;
  journal.note({ uploadedFileId: fileId });
  return { fileId, ...name };
}

function toSubmit(file: SubmitParseInput['file'], document: DocumentToSubmit): SubmitParseInput {
  const { config, metadata, dataRetention, versionedFields } = document;
  const workflowRevision = WORKFLOW_REVISION;
  return { file, ...defined({ config, metadata, dataRetention, versionedFields }), workflowRevision };
}

/** Submits once. An error after the acceptance is not a failed submit, so nothing but the activity is inside the `try`. */
async function submitOnce(
  { calls, clock, journal }: SubmitContext,
  input: SubmitParseInput,
): Promise<AcceptedRun | UnwrappedFailure> {
  const { submitParse } = calls.submit(`submit ${journal.state.submits + 1}`, clock.remainingMs);
  let answer: SubmittedRun;
  try {
    answer = await submitParse(input);
  } catch (error) {
    if (isCancellation(error)) throw error;
    return unwrapActivityFailure(error);
  }
  return noteAcceptance(journal, answer);
}

function noteAcceptance(journal: Journal, submitted: SubmittedRun): AcceptedRun {
  const { runId, apiVersion, status, failureReason, failureMessage, workflowRevision } = submitted;
  const known = defined({ apiVersion, failureReason, failureMessage, workflowRevision });
  const run: AcceptedRun = { runId, status, ...known, acceptedAtMs: Date.now() };
  const submits = journal.state.submits + 1;
  journal.enter({ phase: 'waiting', run }, { submits });
  countSubmit('accepted');
  log.info('accepted by Extend', { ...journal.logAttributes, submits });
  return run;
}

/** Records a failed submit, and waits until the next one is due. @throws the final failure if no other one follows. */
async function pauseAfter(
  { clock, journal }: SubmitContext,
  { onAmbiguousSubmit, maxSubmits }: DocumentToSubmit,
  failure: UnwrappedFailure,
): Promise<void> {
  if (failure.neverStarted) throw overdue(journal);
  const failed = toFailedSubmit(failure);
  countSubmit(failed.kind === 'final' ? 'refused' : failed.kind);
  noteFailedSubmit(journal, failed, failure);
  if (clock.remainingMs === 0 && failed.kind !== 'final') throw overdue(journal);
  const { submits, rejections } = journal.state;
  const situation = { submits, rejections, onAmbiguousSubmit, maxSubmits, random: Math.random() };
  const decision = afterFailedSubmit(failed, situation);
  if (decision.action === 'fail') {
    const mayHaveRun = decision.type === 'SubmitOutcomeUnknown' && { runMayExist: true };
    throw endingFailure(journal, decision.type, failure.message, { ...failure.details, ...mayHaveRun });
  }
  await sleep(Math.min(decision.delayMs, clock.remainingMs), { summary: `after: ${failed.kind} submit` });
}

function noteFailedSubmit(journal: Journal, { kind }: FailedSubmit, { message, details }: UnwrappedFailure): void {
  const { submits, rejections } = journal.state;
  if (kind === 'ambiguous' || details.runMayExist === true) journal.note({ submits: submits + 1, rejections: 0 });
  if (kind === 'rejected') journal.note({ rejections: rejections + 1 });
  journal.noteFailure(message, details);
}

function overdue(journal: Journal): unknown {
  return deadlineExceeded(journal, { runMayExist: journal.state.submits > 0 });
}

/** Every failure is ambiguous, a timeout and an unknown error included, unless Extend certainly rejected or refused the submit. */
function toFailedSubmit({ type, details }: UnwrappedFailure): FailedSubmit {
  if (type === 'RateLimited' || type === 'Unavailable') {
    return defined({ kind: 'rejected', retryAfterMs: details.retryAfterMs });
  }
  if (isFailureType(type) && type !== 'SubmitOutcomeUnknown') return { kind: 'final', type };
  return { kind: 'ambiguous' };
}
