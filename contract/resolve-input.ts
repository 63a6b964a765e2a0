import type { ParseConfig } from './extend';
import {
  isAttachInput,
  type CommonParseOptions,
  type DocumentFile,
  type DocumentInput,
  type ParseInput,
} from './input';
import { resolveSchedule, type PollEngine, type PollingOptions, type PollSchedule } from './poll-schedule';
import { defined } from '../json';

/** A document that is submitted, with the rules for a submit without a readable answer. */
export interface DocumentToSubmit {
  readonly file: DocumentFile;
  readonly config?: ParseConfig;
  readonly onAmbiguousSubmit: NonNullable<DocumentInput['onAmbiguousSubmit']>;
  readonly maxSubmits: number;
}

/** A run that exists already: nothing is submitted. */
export interface RunToAttach {
  readonly runId: string;
}

/** Settings of the polls. */
export interface PollingSettings {
  /** Temporal's means of waiting. */
  readonly engine: PollEngine;
  /** When the polls are due. */
  readonly schedule: PollSchedule;
}

/** Settings of one parse: a checked input with every default filled in. */
export interface ParseSettings {
  /** The document to submit, or the run to attach to. */
  readonly subject: DocumentToSubmit | RunToAttach;
  /** Time from the start to the deadline, in milliseconds. */
  readonly deadlineMs: number;
  /** When and by which means the run's status is polled. */
  readonly polling: PollingSettings;
  /** The form of the result. */
  readonly result: NonNullable<CommonParseOptions['result']>;
  /** The endings after which the run is deleted at Extend. */
  readonly deleteRun: NonNullable<CommonParseOptions['deleteRun']>;
}

const DEFAULT_DEADLINE_MS = 24 * 3600 * 1000;
const DEFAULT_MAX_SUBMITS = 5;

/** Fills in every default of an input. The input must have been checked. */
export function resolveInput(input: ParseInput): ParseSettings {
  const { polling, deadlineMs = DEFAULT_DEADLINE_MS, result = 'inline', deleteRun = 'never' } = input;
  const { engine = 'timer' } = polling ?? {};
  const schedule = isAttachInput(input) ? attachedSchedule(polling) : resolveSchedule(polling);
  return { subject: subjectOf(input), deadlineMs, polling: { engine, schedule }, result, deleteRun };
}

function subjectOf(input: ParseInput): ParseSettings['subject'] {
  if (isAttachInput(input)) return { runId: input.runId };
  const { file, config, onAmbiguousSubmit = 'resubmit', maxSubmits = DEFAULT_MAX_SUBMITS } = input;
  return defined({ file, config, onAmbiguousSubmit, maxSubmits });
}

/** A run that exists already may have ended long ago, so its first poll is due at once unless the input gives a hint. */
function attachedSchedule(polling: PollingOptions = {}): PollSchedule {
  const isHinted = polling.initialDelayMs !== undefined || polling.expectedDurationMs !== undefined;
  return resolveSchedule(isHinted ? polling : { ...polling, initialDelayMs: 0 });
}
