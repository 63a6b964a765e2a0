import type { ApiVersion } from '../../../contract/extend/parse-api';
import { defined } from '../../../json';
import { batchObject } from '../batch-object';
import { failureOf } from '../failure-message';
import type { RunSnapshot } from '../run-progress';
import type { Batch, Run } from '../run-store';

/** Kind of an event, the same in all versions. */
export type EventKind = 'runProcessed' | 'runFailed' | 'batchProcessed';

/** The words for events. Version 2025-04-21 has no batches. */
const EVENT_TYPES: Readonly<Record<ApiVersion, Readonly<Partial<Record<EventKind, string>>>>> = {
  '2025-04-21': { runProcessed: 'parser_run.processed', runFailed: 'parser_run.failed' },
  '2026-02-09': {
    runProcessed: 'parse_run.processed',
    runFailed: 'parse_run.failed',
    batchProcessed: 'batch_parse_run.processed',
  },
};

/** The kind of the event about a status; `undefined` for a status that no event tells of, such as CANCELLED. */
const KINDS: Readonly<Record<string, EventKind>> = { PROCESSED: 'runProcessed', FAILED: 'runFailed' };

/** The cause of an event: a run or a batch that has ended. */
export type Occurrence =
  | { readonly kind: EventKind; readonly run: Run; readonly snapshot: RunSnapshot }
  | { readonly kind: 'batchProcessed'; readonly batch: Batch };

/** Returns the occurrence of a run's end; `undefined` if no event tells of it. */
export function endOfRun(run: Run, snapshot: RunSnapshot): Occurrence | undefined {
  const kind = KINDS[snapshot.status];
  return kind === undefined ? undefined : { kind, run, snapshot };
}

/** Returns the word of a version for an event; `undefined` if the version does not have it. */
export function eventTypeOf(kind: EventKind, apiVersion: ApiVersion): string | undefined {
  return EVENT_TYPES[apiVersion][kind];
}

/** Returns the kind of an event by its word in any version; `undefined` for an event that the emulator never has. */
export function kindOfType(eventType: string): EventKind | undefined {
  const words = Object.values(EVENT_TYPES).flatMap((types) => Object.entries(types));
  return words.find(([, word]) => word === eventType)?.[0] as EventKind | undefined;
}

/** Returns all words of a version. */
export function eventTypes(apiVersion: ApiVersion): string[] {
  return Object.values(EVENT_TYPES[apiVersion]);
}

/** Returns the payload of an event in the words of a version. It holds no content of the document. */
export function payloadOf(occurrence: Occurrence, apiVersion: ApiVersion): Readonly<Record<string, unknown>> {
  if (!('run' in occurrence)) return { ...batchObject(occurrence.batch, 'PROCESSED') };
  const { run, snapshot } = occurrence;
  const { status, failureReason, failureMessage } = snapshot;
  if (apiVersion === '2025-04-21') {
    return {
      object: 'parser_run_status',
      id: run.id,
      status,
      ...defined({ failureReason: failureReason ?? undefined }),
    };
  }
  const failure = failureOf(failureReason, failureMessage);
  return { object: 'parse_run_status', id: run.id, status, ...failure, ...defined({ metadata: run.metadata }) };
}
