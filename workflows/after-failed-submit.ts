import type { FailureType } from '../contract';

/** A submit that ended without a run id. */
export type FailedSubmit =
  /** Extend certainly did not accept it: 429, or no connection. */
  | { readonly kind: 'rejected'; readonly retryAfterMs?: number }
  /** The run may exist and be billed. */
  | { readonly kind: 'ambiguous' }
  /** Extend refused it, and would refuse it again. */
  | { readonly kind: 'final'; readonly type: FailureType };

/** The facts on which the decision depends. */
export interface SubmitSituation {
  /** Submits that may have created a run, including this submit if it is ambiguous. */
  readonly submits: number;
  /** Submits in a row that Extend certainly did not accept, including this submit if it was rejected. */
  readonly rejections: number;
  readonly onAmbiguousSubmit: 'resubmit' | 'fail';
  readonly maxSubmits: number;
  /** A random number, 0 to 1. */
  readonly random: number;
}

/** The decision after a failed submit. */
export type SubmitDecision =
  { readonly action: 'fail'; readonly type: FailureType } | { readonly action: 'again'; readonly delayMs: number };

const FIRST_DELAY_MS = 5_000;
const MAX_DELAY_MS = 300_000;
/** Minimum wait, also after an answer that permits an immediate retry. */
const MIN_DELAY_MS = 1_000;
const REJECTED_GROWTH = 2;
const AMBIGUOUS_GROWTH = 3;
/** Random part of each wait: workflows that were rejected together submit again at different times. */
const SPREAD = 0.1;

/** Decides what follows a failed submit. Pure. A wait is at least as long as the server requested, up to the maximum. */
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
