import { isCancellation, log, patched, sleep } from '@temporalio/workflow';
import type { SubmitParseInput, SubmittedRun } from '../activities/types';
import { isFailureType, isRefusedSubmit, type DocumentToSubmit, type ParseSettings } from '../contract';
import { defined } from '../json';
import { afterFailedSubmit, type FailedSubmit } from './after-failed-submit';
import { deadlineExceeded, endingFailure, unwrapActivityFailure, type UnwrappedFailure } from './failures';
import { adoptLostRun } from './find-lost-run';
import type { Journal } from './journal';
import { countSubmit } from './metrics';
import type { ParseContext } from './open-parse';
import { mayHaveUnknownRun, WORKFLOW_REVISION, type AcceptedRun } from './parse-state';

type SubmitContext = Pick<
  ParseContext,
  'settings' | 'calls' | 'clock' | 'journal' | 'wake' | 'identity' | 'continueAsNewIfSuggested'
>;

/** Patch id. Version 0.1.0 did not look for runs of submits without an answer. */
const FIND_LOST_RUN = 'find-lost-run';

/**
 * Submits the document until Extend accepts it, and returns the run. An attached run is submitted already. Temporal never repeats a submit, because
 * `afterFailedSubmit` decides what follows a failed one.
 */
export async function submitDocument(context: SubmitContext, document: ParseSettings['subject']): Promise<AcceptedRun> {
  if ('runId' in document) return document;
  const { clock, journal } = context;
  const earlier = await earlierRun(context, document);
  if (earlier !== undefined) return earlier;
  const file = await submittableFile(context, document);
  for (;;) {
    await context.continueAsNewIfSuggested();
    if (clock.remainingMs === 0) throw overdue(journal);
    // A signal during the pause may have named the run.
    const named = context.wake.named.length > 0 ? await adoptLostRun(context, 0) : undefined;
    if (named !== undefined) return named;
    const atMs = Date.now();
    const outcome = await submitOnce(context, toSubmit(file, document, context));
    if ('runId' in outcome) return outcome;
    const failed = noteFailedSubmit(context, outcome, document.reconcileMs > 0 ? atMs : undefined);
    const found = failed.kind === 'ambiguous' ? await adoptLostRun(context, document.reconcileMs) : undefined;
    if (found !== undefined) return found;
    await pauseAfter(context, document, { failed, failure: outcome });
  }
}

/**
 * Looks for the run of a submit that an earlier start has left without an answer.
 *
 * @throws ApplicationFailure `SubmitOutcomeUnknown` if none is found and the document may be submitted once only
 */
async function earlierRun(context: SubmitContext, document: DocumentToSubmit): Promise<AcceptedRun | undefined> {
  const { journal } = context;
  const { lost = [], runMayExist, earlierSubmits = 0 } = journal.state;
  if (lost.length === 0 && runMayExist !== true) return undefined;
  const { reconcileMs } = document;
  const lastAtMs = Math.max(...lost.map(({ atMs }) => atMs));
  const found = reconcileMs === 0 ? undefined : await adoptLostRun(context, lastAtMs + reconcileMs - Date.now());
  if (found !== undefined || document.onAmbiguousSubmit !== 'fail' || earlierSubmits === 0) return found;
  const message =
    'an earlier start was left without an answer to its submit, and the document may be submitted once only';
  throw endingFailure(journal, 'SubmitOutcomeUnknown', message, { runMayExist: true });
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

function toSubmit(
  file: SubmitParseInput['file'],
  document: DocumentToSubmit,
  { identity, journal, settings }: Pick<SubmitContext, 'identity' | 'journal' | 'settings'>,
): SubmitParseInput {
  const result = settings.result === 'stored' ? settings.result : undefined;
  const { config, metadata, dataRetention, versionedFields } = document;
  const known = defined({ config, metadata, dataRetention, versionedFields, result });
  return { file, ...known, identity: identity.next(journal.state.submits), workflowRevision: WORKFLOW_REVISION };
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

/** Waits until the next submit is due. @throws the final failure if no other one follows. */
async function pauseAfter(
  { clock, journal }: SubmitContext,
  { onAmbiguousSubmit, maxSubmits }: DocumentToSubmit,
  { failed, failure }: { readonly failed: FailedSubmit; readonly failure: UnwrappedFailure },
): Promise<void> {
  if (clock.remainingMs === 0 && failed.kind !== 'final') throw overdue(journal);
  const { submits, earlierSubmits = 0, rejections } = journal.state;
  const own = { submits: submits - earlierSubmits, rejections };
  const decision = afterFailedSubmit(failed, { ...own, onAmbiguousSubmit, maxSubmits, random: Math.random() });
  if (decision.action === 'fail') {
    const mayHaveRun = decision.type === 'SubmitOutcomeUnknown' && { runMayExist: true };
    throw endingFailure(journal, decision.type, failure.message, { ...failure.details, ...mayHaveRun });
  }
  const { status } = failure.details;
  const summary = `after: ${failed.kind} submit${status === undefined ? '' : ` (${status})`}`;
  await sleep(Math.min(decision.delayMs, clock.remainingMs), { summary });
}

/**
 * Records a failed submit.
 *
 * @param lostAtMs time of the submit, if its run is looked for, epoch milliseconds
 * @throws the failure of the deadline if no worker has started the submit
 */
function noteFailedSubmit(
  { journal, identity }: SubmitContext,
  failure: UnwrappedFailure,
  lostAtMs: number | undefined,
): FailedSubmit {
  if (failure.neverStarted) throw overdue(journal);
  const failed = toFailedSubmit(failure);
  const { message, details } = failure;
  countSubmit(failed.kind === 'final' ? 'refused' : failed.kind);
  const { submits, rejections, lost = [] } = journal.state;
  const { apiVersion } = details;
  const isFindable = failed.kind === 'ambiguous' && apiVersion !== '2025-04-21';
  if (isFindable && lostAtMs !== undefined && patched(FIND_LOST_RUN)) {
    journal.note({ lost: [...lost, { ...identity.next(submits), atMs: lostAtMs, ...defined({ apiVersion }) }] });
  }
  if (failed.kind === 'ambiguous' || details.runMayExist === true)
    journal.note({ submits: submits + 1, rejections: 0 });
  if (failed.kind === 'rejected') journal.note({ rejections: rejections + 1 });
  journal.noteFailure(message, details);
  return failed;
}

function overdue(journal: Journal): unknown {
  return deadlineExceeded(journal, { runMayExist: mayHaveUnknownRun(journal.state) });
}

/** Every failure is ambiguous, a timeout and an unknown error included, unless Extend certainly rejected or refused the submit. */
function toFailedSubmit({ type, details }: UnwrappedFailure): FailedSubmit {
  if (type === 'RateLimited' || type === 'Unavailable') {
    return defined({ kind: 'rejected', retryAfterMs: details.retryAfterMs });
  }
  if (isFailureType(type) && isRefusedSubmit(type)) return { kind: 'final', type };
  return { kind: 'ambiguous' };
}
