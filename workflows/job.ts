import { log } from '@temporalio/workflow';
import {
  isAttachInput,
  resolveSchedule,
  type DocumentInput,
  type FailureDetails,
  type ParseInput,
  type ParseProgress,
  type PollEngine,
  type PollSchedule,
} from '../contract';
import { isEndedStatus, type RunStatus } from '../contract/extend';
import { Wake, type WakeState } from './wake';

/** What a job knows, and what it carries when the workflow continues as new. Plain JSON. */
export interface JobState {
  readonly startedAtMs: number;
  readonly phase: ParseProgress['phase'];
  readonly submits: number;
  /** Submits in a row that were surely not accepted. */
  readonly rejections: number;
  readonly polls: number;
  /** Extend's id of a file that this workflow uploaded. */
  readonly uploadedFileId?: string;
  readonly runId?: string;
  /** When the submit was accepted, epoch milliseconds. An attached run has none. */
  readonly acceptedAtMs?: number;
  readonly status?: RunStatus;
  readonly failureReason?: string;
  readonly nextPollAtMs?: number;
  readonly lastFailure?: string;
  /** Details of the last failure of a read: a deadline that passes reports them. */
  readonly lastDetails?: FailureDetails;
  readonly wake?: WakeState;
}

/** What surrounds a job: a workflow of its own, or somebody's workflow that embeds it. */
export interface JobSurroundings {
  /** Task queue of the activities. @default the workflow's own */
  readonly taskQueue?: string;
  /** Asks for early reads. @default one that nobody asks */
  readonly wake?: Wake;
  /** Called at each change. */
  readonly onProgress: (progress: ParseProgress) => void;
  /** Called at the end, with what went wrong if anything did. @default nobody is told */
  readonly onEnd?: (progress: ParseProgress, failure?: unknown) => void;
  /** Continues as new where the history has become long; absent where the workflow is not ours. */
  readonly renew?: (state: JobState) => Promise<void>;
}

const DEFAULT_DEADLINE_MS = 24 * 3600 * 1000;
const DEFAULT_MAX_SUBMITS = 5;

/** One document on its way: the checked input with its defaults, the state, and the deadline. */
export class Job {
  readonly wake: Wake;
  readonly schedule: PollSchedule;
  readonly engine: PollEngine;
  readonly deadlineAtMs: number;
  readonly deleteRun: NonNullable<ParseInput['deleteRun']>;
  #state: JobState;

  constructor(
    readonly input: ParseInput,
    state: JobState | { readonly startedAtMs: number },
    readonly surroundings: JobSurroundings,
  ) {
    this.#state = 'phase' in state ? state : openingState(input, state.startedAtMs);
    this.wake = surroundings.wake ?? new Wake(this.#state.wake);
    this.engine = input.polling?.engine ?? 'timer';
    this.schedule = scheduleOf(input);
    this.deadlineAtMs = this.#state.startedAtMs + (input.deadlineMs ?? DEFAULT_DEADLINE_MS);
    this.deleteRun = input.deleteRun ?? 'never';
    this.#publish();
  }

  get state(): JobState {
    return this.#state;
  }

  /** The document to submit. Attached jobs have none, and never come here. */
  get document(): DocumentInput {
    return this.input as DocumentInput;
  }

  get submitPolicy(): { readonly onAmbiguousSubmit: 'resubmit' | 'fail'; readonly maxSubmits: number } {
    const { onAmbiguousSubmit = 'resubmit', maxSubmits = DEFAULT_MAX_SUBMITS } = this.document;
    return { onAmbiguousSubmit, maxSubmits };
  }

  /** Whether the run has ended, well or not. */
  get isEnded(): boolean {
    return this.#state.status !== undefined && isEndedStatus(this.#state.status);
  }

  /** When the wait for the run began: the schedule counts from here. Epoch milliseconds. */
  get waitingSinceMs(): number {
    return this.#state.acceptedAtMs ?? this.#state.startedAtMs;
  }

  /** Time until the deadline, in whole milliseconds; 0 once it has passed. */
  get remainingMs(): number {
    return Math.max(Math.round(this.deadlineAtMs - Date.now()), 0);
  }

  /** Changes the state; progress, details and whoever listens follow from it. */
  update(change: Partial<JobState>): void {
    this.#state = { ...this.#state, ...change };
    this.#publish();
  }

  /** On each line that the job logs. Temporal's own `runId` is the workflow's, so Extend's has another name. */
  get logAttributes(): { readonly parserRunId?: string } {
    const { runId } = this.#state;
    return runId === undefined ? {} : { parserRunId: runId };
  }

  /** Notes what went wrong, for people: it is not the end. */
  noteFailure(message: string, details?: FailureDetails): void {
    log.warn(message, this.logAttributes);
    this.update({ lastFailure: message, ...(details && { lastDetails: details }) });
  }

  /** Continues as new if there is need and leave to. Call it only where no activity is under way. */
  async renew(): Promise<void> {
    await this.surroundings.renew?.({ ...this.#state, wake: this.wake.state });
  }

  get progress(): ParseProgress {
    const { startedAtMs, phase, submits, polls, runId, status, nextPollAtMs, lastFailure } = this.#state;
    return {
      phase,
      ...(runId !== undefined && { runId }),
      ...(status !== undefined && { status }),
      submits,
      ...(this.engine === 'timer' && {
        polls,
        ...(phase === 'waiting' && nextPollAtMs !== undefined && { nextPollAtMs }),
      }),
      startedAtMs,
      deadlineAtMs: this.deadlineAtMs,
      ...(lastFailure !== undefined && { lastFailure }),
    };
  }

  #publish(): void {
    this.surroundings.onProgress(this.progress);
  }
}

function openingState(input: ParseInput, startedAtMs: number): JobState {
  const opening: JobState = { startedAtMs, phase: 'submitting', submits: 0, rejections: 0, polls: 0 };
  if (!isAttachInput(input)) return opening;
  return { ...opening, phase: 'waiting', runId: input.runId };
}

/** A run that exists already may have ended long ago: it is read at once, unless the input says otherwise. */
function scheduleOf(input: ParseInput): PollSchedule {
  const polling = input.polling ?? {};
  const hinted = polling.initialDelayMs !== undefined || polling.expectedDurationMs !== undefined;
  return resolveSchedule(isAttachInput(input) && !hinted ? { ...polling, initialDelayMs: 0 } : polling);
}
