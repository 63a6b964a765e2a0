import type { ApiVersion } from './parse-api';

/** The events that tell of the end of a parse run, in the words of each version of the API. */
export const RUN_EVENTS = {
  '2025-04-21': ['parser_run.processed', 'parser_run.failed'],
  '2026-02-09': ['parse_run.processed', 'parse_run.failed'],
} as const satisfies Record<ApiVersion, readonly string[]>;

/** Tells if an event, in the words of any version, is about the end of a parse run. */
export function isRunEvent(eventType: string): boolean {
  return Object.values(RUN_EVENTS).some((types) => (types as readonly string[]).includes(eventType));
}
