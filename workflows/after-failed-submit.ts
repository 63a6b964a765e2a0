import type { FailureType } from '../contract';

/** How a submit ended without a run id. */
export type FailedSubmit =
  /** Surely not accepted: 429, or no connection. */
  | { readonly kind: 'rejected'; readonly retryAfterMs?: number }
  /** The run may exist and be billed. */
  | { readonly kind: 'ambiguous' }
  /** Refused for good. */
  | { readonly kind: 'final'; readonly type: FailureType };

/** What the decision rests on. */
export interface SubmitSituation {
  /** Submits that may have created a run, this one among them if it is ambiguous. */
  readonly submits: number;
  /** Submits in a row that were surely not accepted, this one among them if so. */
  readonly rejections: number;
  readonly onAmbiguousSubmit: 'resubmit' | 'fail';
  readonly maxSubmits: number;
  /** A random number, 0 to 1. */
  readonly random: number;
}

/** What follows a failed submit. */
export type SubmitDecision =
  { readonly action: 'fail'; readonly type: FailureType } | { readonly action: 'again'; readonly delayMs: number };

const FIRST_DELAY_MS = 5_000;
const MAX_DELAY_MS = 300_000;
/** A server that asks for no wait at all gets one all the same. */
const MIN_DELAY_MS = 1_000;
const REJECTED_GROWTH = 2;
const AMBIGUOUS_GROWTH = 3;
/** Workflows that were refused together come back spread over this share of the wait. */
const SPREAD = 0.1;

/** Decides what follows a failed submit. Pure. A wait is at least as long as the server asked for. */
export function afterFailedSubmit(failed: FailedSubmit, situation: SubmitSituation): SubmitDecision {
  const { submits, rejections, onAmbiguousSubmit, maxSubmits, random } = situation;
  switch (failed.kind) {
    case 'final':
      return { action: 'fail', type: failed.type };
    case 'rejected': {
      const delayMs = failed.retryAfterMs ?? FIRST_DELAY_MS * REJECTED_GROWTH ** (rejections - 1);
      return again(delayMs, random);
    }
    case 'ambiguous':
      if (onAmbiguousSubmit === 'fail' || submits >= maxSubmits)
        return { action: 'fail', type: 'SubmitOutcomeUnknown' };
      return again(FIRST_DELAY_MS * AMBIGUOUS_GROWTH ** (submits - 1), random);
  }
}

function again(delayMs: number, random: number): SubmitDecision {
  const boundedMs = Math.min(Math.max(delayMs, MIN_DELAY_MS), MAX_DELAY_MS);
  return { action: 'again', delayMs: Math.round(boundedMs * (1 + SPREAD * random)) };
}
