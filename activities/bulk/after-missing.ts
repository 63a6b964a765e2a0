import type { GroupSettings } from './group-objects';

/** The facts that decide about a document of which no run was listed. */
export interface MissingSituation extends Pick<GroupSettings, 'reconcileMs' | 'onAmbiguousSubmit' | 'maxSubmits'> {
  /** Time since the submit, or since the end of its batch, in milliseconds. */
  readonly missingMs: number;
  /** `accepted`: Extend has accepted the submit. `lost`: its answer is not known. */
  readonly kind: 'accepted' | 'lost';
  /** Submits of the document that may have created a run. */
  readonly submits: number;
  /** `false`: the list goes on after the pages that were read, so it does not show that no run exists. */
  readonly isListComplete: boolean;
}

/**
 * Decides about a document of which no run was listed: it is waited for until `reconcileMs` is over, because a list may be
 * late. Then it is submitted again, or it fails because a run may exist. Only a submit without an
 * answer is repeated, and only after a complete list. Pure.
 */
export function afterMissing(situation: MissingSituation): 'wait' | 'again' | 'fail' {
  const { missingMs, kind, reconcileMs, submits, isListComplete, onAmbiguousSubmit, maxSubmits } = situation;
  if (missingMs < reconcileMs) return 'wait';
  const mayRepeat = kind === 'lost' && onAmbiguousSubmit === 'resubmit' && submits < maxSubmits && isListComplete;
  return mayRepeat ? 'again' : 'fail';
}
