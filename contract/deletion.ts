import type { ParseSettings } from './resolve-input';

/**
 * Ending of a document, as far as the deletion at Extend depends on it. `undelivered`: a run may have a result that was
 * not delivered.
 */
export type Ending = 'succeeded' | 'failed' | 'cancelled' | 'overdue' | 'neverAccepted' | 'undelivered';

/**
 * Tells if the run and the uploaded file of a document are deleted at Extend, by the setting and the ending. A paid result
 * that was not delivered is never deleted. Pure.
 */
export function isDeletionWanted(setting: ParseSettings['deleteRun'], ending: Ending): boolean {
  if (setting === 'always') return ending !== 'undelivered';
  return setting === 'afterSuccess' && ending === 'succeeded';
}
