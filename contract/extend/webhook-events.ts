import type { ApiVersion } from './parse-api';

/** The events that tell of the end of a parse run, in the words of each version of the API. */
export const RUN_EVENTS = {
  '2025-04-21': ['parser_run.processed', 'parser_run.failed'],
  '2026-02-09': ['parse_run.processed', 'parse_run.failed'],
} as const satisfies Record<ApiVersion, readonly string[]>;

/** The events that tell of the end of a batch of parse runs. Version 2025-04-21 has no batches. */
export const BATCH_RUN_EVENTS = {
  '2025-04-21': [],
  '2026-02-09': ['batch_parse_run.processed', 'batch_parse_run.failed'],
} as const satisfies Record<ApiVersion, readonly string[]>;

const END_EVENTS: ReadonlySet<string> = new Set<string>([
  ...Object.values(RUN_EVENTS).flat(),
  ...Object.values(BATCH_RUN_EVENTS).flat(),
]);

/** Tells if an event, in the words of any version, is about the end of a parse run or of a batch of parse runs. */
export function isEndEvent(eventType: string): boolean {
  return END_EVENTS.has(eventType);
}
