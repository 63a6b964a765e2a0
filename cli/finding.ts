import { toLabel } from './to-label';

/** The result of one check of `extend-parse doctor`. */
export interface Finding {
  /**
   * `warning`: it works, and something else would be better. `skipped`: there is nothing to check, or an earlier check
   * failed on which this one depends.
   */
  readonly state: 'ok' | 'warning' | 'wrong' | 'skipped';
  /** The thing that was checked. */
  readonly subject: string;
  /** The finding in words, in one line without secrets. */
  readonly says: string;
  /** The way to fix it; only with the states `warning` and `wrong`. */
  readonly remedy?: string;
}

const MARKS: Readonly<Record<Finding['state'], string>> = { ok: 'ok', warning: 'note', wrong: 'WRONG', skipped: '-' };
const MARK_WIDTH = 7;

/** A finding for a person: a line, and one more with the remedy. */
export function describeFinding({ state, subject, says, remedy }: Finding): string {
  const line = `${MARKS[state].padEnd(MARK_WIDTH)}${subject}: ${toLabel(says)}`;
  return remedy === undefined ? line : `${line}\n${' '.repeat(MARK_WIDTH)}→ ${toLabel(remedy)}`;
}
