import type { ParseConfig, RunMetadata } from './extend';
import {
  isAttachInput,
  type CommonParseOptions,
  type DocumentFile,
  type DocumentInput,
  type ParseInput,
} from './input';
import { resolveSchedule, type PollEngine, type PollingOptions, type PollSchedule } from './poll-schedule';
import { versionOfRun, type RunVersion } from './run-version';
import { defined } from '../json';

/** A document that is submitted, with the rules for a submit without a readable answer. */
export interface DocumentToSubmit {
  readonly file: DocumentFile;
  readonly config?: ParseConfig;
  readonly onAmbiguousSubmit: NonNullable<DocumentInput['onAmbiguousSubmit']>;
  readonly maxSubmits: number;
  /** Time for which the run of a submit without a readable answer is looked for, in milliseconds. */
  readonly reconcileMs: number;
  readonly metadata?: RunMetadata;
  readonly dataRetention?: NonNullable<DocumentInput['dataRetention']>;
  /** Names of the given fields that only version 2026-02-09 of the API has. Absent if there are none. */
  readonly versionedFields?: readonly string[];
}

/** A run that exists already: nothing is submitted. */
export interface RunToAttach {
  readonly runId: string;
  /** Version of the API in which the run was submitted. */
  readonly apiVersion: RunVersion;
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
  /** Effect of a cancellation on the run. Absent: the run is cancelled if its version of the API can do that. */
  readonly onCancel?: NonNullable<CommonParseOptions['onCancel']>;
}

const DEFAULT_DEADLINE_MS = 24 * 3600 * 1000;
const DEFAULT_MAX_SUBMITS = 5;
const DEFAULT_RECONCILE_MS = 120_000;

/** Fills in every default of an input. The input must have been checked. */
export function resolveInput(input: ParseInput): ParseSettings {
  const { polling, deadlineMs = DEFAULT_DEADLINE_MS, result = 'inline', deleteRun = 'never', onCancel } = input;
  const { engine = 'timer' } = polling ?? {};
  const schedule = isAttachInput(input) ? attachedSchedule(polling) : resolveSchedule(polling);
  const settings = { subject: subjectOf(input), deadlineMs, polling: { engine, schedule }, result, deleteRun };
  return { ...settings, ...defined({ onCancel }) };
}

function subjectOf(input: ParseInput): ParseSettings['subject'] {
  if (isAttachInput(input)) return { runId: input.runId, apiVersion: versionOfRun(input) ?? 'worker' };
  const { file, config, onAmbiguousSubmit = 'resubmit', maxSubmits = DEFAULT_MAX_SUBMITS } = input;
  const { metadata, dataRetention, reconcileMs = DEFAULT_RECONCILE_MS } = input;
  const versionedFields = versionedFieldsOf(input);
  return defined({
    file,
    config,
    onAmbiguousSubmit,
    maxSubmits,
    reconcileMs,
    metadata,
    dataRetention,
    versionedFields,
  });
}

/** Gives the names of the fields that only version 2026-02-09 has. `onCancel: 'leave'` asks nothing of the API. */
function versionedFieldsOf({ metadata, dataRetention, onCancel }: DocumentInput): readonly string[] | undefined {
  const given = { metadata, dataRetention, onCancel: onCancel === 'cancelRun' ? onCancel : undefined };
  const names = Object.keys(defined(given));
  return names.length > 0 ? names : undefined;
}

/** A run that exists already may have ended long ago, so its first poll is due at once unless the input gives a hint. */
function attachedSchedule(polling: PollingOptions = {}): PollSchedule {
  const isHinted = polling.initialDelayMs !== undefined || polling.expectedDurationMs !== undefined;
  return resolveSchedule(isHinted ? polling : { ...polling, initialDelayMs: 0 });
}
