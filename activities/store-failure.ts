import { activityInfo } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { defined, errorMessage, kindOf } from '../json';
import { StoreRefusedError } from '../storage';
import { withCoordinates } from './to-application-failure';

/** Facts about a failed call to the result store. */
export interface StoreFailureContext {
  /** Removes secrets from the texts of the store's error. */
  readonly redact: (text: string) => string;
  /** Extend's run id, if the call was about a run. */
  readonly runId?: string;
  /** `true`: the call is not retried. @default false: it is retried unless the store refuses it */
  readonly isGivenUp?: boolean;
}

/** Turns anything that a result store threw into `ResultStoreFailed`. */
export function storeFailure(error: unknown, context: StoreFailureContext): ApplicationFailure {
  const { redact, runId, isGivenUp = false } = context;
  const { code } = membersOf(error);
  const attempts = activityInfo().attempt;
  const details = defined({ runId, attempts, code: typeof code === 'string' ? redact(code) : undefined });
  return ApplicationFailure.create({
    type: 'ResultStoreFailed',
    message: withCoordinates(`the result store failed: ${redact(messageOf(error))}`, details),
    nonRetryable: error instanceof StoreRefusedError || isGivenUp,
    details: [details],
  });
}

/** Gives the members of a caught value that describe the error. A store may throw any value. */
function membersOf(error: unknown): { readonly code?: unknown; readonly message?: unknown } {
  return typeof error === 'object' && error !== null ? error : {};
}

function messageOf(error: unknown): string {
  const { message } = membersOf(error);
  if (typeof message === 'string') return message;
  return typeof error === 'object' ? `it threw ${kindOf(error)}` : errorMessage(error);
}
