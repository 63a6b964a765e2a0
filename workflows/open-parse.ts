import {
  findInputProblem,
  resolveInput,
  type EarlierParse,
  type ParseInput,
  type ParseProgress,
  type ParseResult,
  type ParseSettings,
  type SubmitIdentity,
} from '../contract';
import { defined } from '../json';
import { ActivityCalls } from './activity-calls';
import { readCarriedState, toCarriedState, type CarriedState } from './carried-state';
import { Clock } from './clock';
import { finalFailure } from './failures';
import { findReplayableProblem } from './find-replayable-problem';
import { Journal } from './journal';
import { countDocument } from './metrics';
import { openingState } from './parse-state';
import { Wake } from './wake';

/** The workflow that hosts a parse: `parseDocument`, or a workflow of a user that embeds the parse. */
export interface ParseHost {
  /** Start of the parse, epoch milliseconds: the deadline counts from here. */
  readonly startedAtMs: number;
  /** Task queue of the activities. @default the workflow's own */
  readonly taskQueue?: string | undefined;
  /** Requests for early polls. @default none */
  readonly wake?: Wake | undefined;
  /** Facts about an earlier start of the same document. @default none: it is the first one */
  readonly earlier?: EarlierParse | undefined;
  /** Identities of the submits. */
  readonly identity: SubmitIdentities;
  /** Called at each change. */
  readonly onProgress: (progress: ParseProgress) => void;
  /** Called at the end, with the result or the failure. @default none */
  readonly onEnd?: (progress: ParseProgress, ending: ParseEnding) => void;
  /** Continues as new if Temporal suggests it. Absent where the workflow belongs to a user. */
  readonly continueAsNewIfSuggested?: (carried: CarriedState) => Promise<void>;
}

/** The result of a parse, or the error that ended it. */
export type ParseEnding = { readonly result: ParseResult } | { readonly failure: unknown };

/** Gives the identity of the next submit, which must differ from all others under the workflow id. */
export interface SubmitIdentities {
  /** @param submits number of the submits so far */
  next(submits: number): SubmitIdentity;
}

/** Everything that the steps of one parse work with. Each step takes the part that it uses. */
export interface ParseContext {
  readonly settings: ParseSettings;
  readonly clock: Clock;
  readonly journal: Journal;
  readonly calls: ActivityCalls;
  readonly wake: Wake;
  readonly identity: SubmitIdentities;
  /** Tells the host that the parse has ended. Absent where the host does not listen. */
  readonly onEnd?: ParseHost['onEnd'];
  /** Continues as new if Temporal suggests it and the host permits it. Requires that no activity is in flight. */
  readonly continueAsNewIfSuggested: () => Promise<void>;
}

/**
 * Opens a parse: checks its input, fills in the defaults, and publishes the first progress. An input with carried state
 * is not checked, because the first execution has checked it.
 *
 * @throws ApplicationFailure of type `InvalidInput`
 */
export function openParse(input: ParseInput, carried: CarriedState | undefined, host: ParseHost): ParseContext {
  if (!carried) refuseWrongInput(input);
  const settings = resolveInput(input);
  const clock = new Clock(host.startedAtMs, settings.deadlineMs);
  const wake = host.wake ?? new Wake(carried?.wake);
  const opening = carried ? readCarriedState(carried) : openingState(settings.subject, host.earlier);
  const journal = new Journal(opening, { clock, engine: settings.polling.engine, onProgress: host.onProgress });
  return defined({
    settings,
    clock,
    journal,
    calls: new ActivityCalls(host.taskQueue),
    wake,
    identity: host.identity,
    onEnd: host.onEnd,
    continueAsNewIfSuggested: async () => {
      await host.continueAsNewIfSuggested?.(toCarriedState(clock, journal.state, wake.state));
    },
  });
}

/** Returns the progress of a workflow whose input was refused: it ended at once. */
export function refusedProgress(input: ParseInput, startedAtMs: number): ParseProgress {
  const problem = findInputProblem(input);
  const lastFailure = problem === undefined ? undefined : messageOf(problem);
  return defined({ phase: 'ended', submits: 0, startedAtMs, deadlineAtMs: startedAtMs, lastFailure });
}

function refuseWrongInput(input: ParseInput): void {
  const problem = findReplayableProblem((options) => findInputProblem(input, options));
  if (problem === undefined) return;
  const failure = finalFailure('InvalidInput', messageOf(problem));
  countDocument(failure);
  throw failure;
}

function messageOf(problem: string): string {
  return `invalid input: ${problem}`;
}
