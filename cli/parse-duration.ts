import { InvalidArgumentError } from 'commander';

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
/** The longest deadline that the workflow accepts, in milliseconds. */
const MAX_DURATION_MS = 365 * 86_400_000;

/** Parses the value of an option that is a duration, such as `90s`, `30m`, `2h` or `1d`. @returns milliseconds */
export function parseDuration(value: string): number {
  const [, count = '', unit = ''] = /^(\d+(?:\.\d+)?)([smhd])$/.exec(value) ?? [];
  const durationMs = Math.round(Number(count) * (UNIT_MS[unit] ?? 0));
  if (durationMs >= 1 && durationMs <= MAX_DURATION_MS) return durationMs;
  throw new InvalidArgumentError('It must be a number with a unit, as in 90s, 30m, 2h or 1d, and at most 365d.');
}
