import { WorkflowFailedError } from '@temporalio/client';
import { toDocumentFailure } from '../contract';
import { createParseError } from './errors';

/** Turns the failure of a workflow into the typed error. Returns any other error as it is. */
export function toParseError(error: unknown, workflowId: string): unknown {
  if (!(error instanceof WorkflowFailedError)) return error;
  const { type, message, details } = toDocumentFailure(error.cause ?? error);
  return createParseError(type, message, { workflowId, details, cause: error });
}
