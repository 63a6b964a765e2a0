import { WorkflowFailedError } from '@temporalio/client';
import { toDocumentFailure } from '../contract';
import { createParseError } from './errors';

/** Turns what a workflow's result throws into the typed error. What is no end of the workflow is returned untouched. */
export function toParseError(error: unknown, workflowId: string): unknown {
  if (!(error instanceof WorkflowFailedError)) return error;
  const { type, message, details } = toDocumentFailure(error.cause ?? error);
  return createParseError(type, message, { workflowId, details, cause: error });
}
