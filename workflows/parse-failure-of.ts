import { ApplicationFailure, isCancellation } from '@temporalio/workflow';
import { isFailureType, type FailureDetails, type FailureType } from '../contract';

/** A parse that ended without a result, as your workflow code sees it. */
export interface ParseFailure {
  /** One of the final types of `docs/failures.md`. */
  readonly type: FailureType;
  /** The failure in words, for people. */
  readonly message: string;
  /** The known facts: the run id once there is one, `failureReason`, HTTP status, counters. */
  readonly details: FailureDetails;
}

/** Temporal wraps a failure once per activity or child workflow. Deeper causes belong to other failures. */
const MAX_WRAPPERS = 5;

/**
 * Finds the failure of a parse in an error of `parseInWorkflow`, of the child workflow `parseDocument`, or of a child of
 * yours that let it pass. It takes off Temporal's wrappers of activities and child workflows.
 *
 * @returns `undefined` for a cancellation, and for an error that is no failure of a parse: throw those again
 */
export function parseFailureOf(error: unknown): ParseFailure | undefined {
  if (isCancellation(error)) return undefined;
  let current = error;
  for (let depth = 0; depth <= MAX_WRAPPERS && current instanceof Error; depth += 1) {
    if (current instanceof ApplicationFailure && isFailureType(current.type)) {
      const { type, message } = current;
      return { type, message, details: current.details?.[0] ?? {} };
    }
    current = current.cause;
  }
  return undefined;
}
