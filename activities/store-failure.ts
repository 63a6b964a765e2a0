import { activityInfo } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { defined } from '../json';
import { StoreRefusedError } from '../storage';
import { coordinates } from './to-application-failure';

/** Facts about a failed call to the result store. */
export interface StoreFailureContext {
  /** Removes secrets from the store's message. */
  readonly redact: (text: string) => string;
  /** Extend's run id, if the call was about a run. */
  readonly runId?: string;
  /** `true`: the call is not retried. @default false: it is retried unless the store refuses it */
  readonly isGivenUp?: boolean;
}

/** Turns an error of the result store into `ResultStoreFailed`. */
export function storeFailure(error: unknown, context: StoreFailureContext): ApplicationFailure {
  const { redact, runId, isGivenUp = false } = context;
  const { code, message } = error as { code?: unknown; message?: unknown };
  const attempts = activityInfo().attempt;
  const details = defined({ runId, attempts, code: typeof code === 'string' ? code : undefined });
  return ApplicationFailure.create({
    type: 'ResultStoreFailed',
    message: `the result store failed: ${redact(String(message ?? error))} ${coordinates(details)}`,
    nonRetryable: error instanceof StoreRefusedError || isGivenUp,
    details: [details],
  });
}
