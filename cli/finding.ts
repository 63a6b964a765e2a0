import { toLabel } from './to-label';

/** What one check of `extend-parse doctor` found. */
export interface Finding {
  /** `skipped`: there is nothing to check, or what it needs is wrong already. */
  readonly state: 'ok' | 'wrong' | 'skipped';
  /** What was checked. */
  readonly subject: string;
  /** What was found, in one line without secrets. */
  readonly says: string;
  /** How to mend it; only where it is wrong. */
  readonly remedy?: string;
}

const MARKS: Readonly<Record<Finding['state'], string>> = { ok: 'ok', wrong: 'WRONG', skipped: '-' };
const MARK_WIDTH = 7;

/** A finding for a person: a line, and one more with the remedy. */
export function describeFinding({ state, subject, says, remedy }: Finding): string {
  const line = `${MARKS[state].padEnd(MARK_WIDTH)}${subject}: ${toLabel(says)}`;
  return remedy === undefined ? line : `${line}\n${' '.repeat(MARK_WIDTH)}→ ${toLabel(remedy)}`;
}
