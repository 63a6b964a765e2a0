import {
  ApplicationFailure,
  CancelledFailure,
  TerminatedFailure,
  TimeoutFailure,
  WorkflowFailedError,
} from '@temporalio/client';
import { isFailureType, type FailureDetails } from '../api';
import { createParseError } from './errors';

/** Turns what a workflow's result throws into the typed error. What is no end of the workflow is returned untouched. */
export function toParseError(error: unknown, workflowId: string): unknown {
  if (!(error instanceof WorkflowFailedError)) return error;
  const { cause } = error;
  if (cause instanceof ApplicationFailure) {
    const details = (cause.details?.[0] ?? {}) as FailureDetails;
    const type = isFailureType(cause.type) ? cause.type : 'Unexpected';
    return createParseError(type, cause.message, { workflowId, details, cause: error });
  }
  const facts = { workflowId, cause: error };
  if (cause instanceof CancelledFailure) return createParseError('Cancelled', 'the parse was cancelled', facts);
  if (cause instanceof TerminatedFailure) return createParseError('Terminated', 'the workflow was terminated', facts);
  if (cause instanceof TimeoutFailure)
    return createParseError('TimedOut', "the workflow's own time limit passed", facts);
  return createParseError('Unexpected', cause?.message ?? error.message, facts);
}
