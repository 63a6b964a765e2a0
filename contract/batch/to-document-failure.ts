import { ApplicationFailure, CancelledFailure, TerminatedFailure, TimeoutFailure } from '@temporalio/common';
import type { DocumentFailure } from './batch';
import { errorMessage } from '../../json';
import { isFailureType, type FailureDetails } from '../failures';

/**
 * Turns the failure of a `parseDocument` workflow into a {@link DocumentFailure}. The caller removes Temporal's
 * wrappers first.
 */
export function toDocumentFailure(cause: unknown): DocumentFailure {
  if (cause instanceof ApplicationFailure) {
    const details = (cause.details?.[0] ?? {}) as FailureDetails;
    return { type: isFailureType(cause.type) ? cause.type : 'Unexpected', message: cause.message, details };
  }
  if (cause instanceof CancelledFailure) return { type: 'Cancelled', message: 'the parse was cancelled', details: {} };
  if (cause instanceof TerminatedFailure)
    return { type: 'Terminated', message: 'the workflow was terminated', details: {} };
  if (cause instanceof TimeoutFailure)
    return { type: 'TimedOut', message: "the workflow's own time limit passed", details: {} };
  return { type: 'Unexpected', message: errorMessage(cause), details: {} };
}
