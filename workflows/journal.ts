import { log } from '@temporalio/workflow';
import type { FailureDetails, ParseProgress, PollEngine } from '../contract';
import type { ApiVersion } from '../contract/extend';
import { defined } from '../json';
import type { Clock } from './clock';
import type { AcceptedRun, LaterPhase, Notes, ParseState } from './parse-state';

/** The fixed facts that a journal needs to tell the progress, and its listener. */
export interface JournalOptions {
  /** The clock of the document. */
  readonly clock: Clock;
  /** The engine of the polls: with `retry` the number of polls is not known before the run has ended. */
  readonly engine: PollEngine;
  /** Called with the progress at the opening and at each change. */
  readonly onProgress: (progress: ParseProgress) => void;
}

/** The journal of one document: holds its state, records each change, and publishes the progress. */
export class Journal {
  #state: ParseState;

  constructor(
    opening: ParseState,
    private readonly options: JournalOptions,
  ) {
    this.#state = opening;
    this.#publish();
  }

  get state(): ParseState {
    return this.#state;
  }

  /** Records new facts within a phase. */
  note(change: Partial<Notes>): void {
    this.#state = { ...this.#state, ...change };
    this.#publish();
  }

  /** Records a phase, or a newer state of the run in the same phase, together with new facts. */
  enter(phase: LaterPhase, change: Partial<Notes> = {}): void {
    this.#state = { ...this.#state, ...change, ...phase };
    this.#publish();
  }

  /** Gives up the run of an earlier start: the document is submitted next. */
  giveUpRun(): void {
    const { run, adopted, otherRuns = [], ...notes } = this.#state;
    const others = adopted && run ? [...otherRuns, run.runId] : otherRuns;
    this.#state = { ...notes, ...defined({ otherRuns: others.length > 0 ? others : undefined }), phase: 'submitting' };
    this.#publish();
  }

  /** Logs a failure from which the document may still recover, and records it. */
  noteFailure(message: string, details?: FailureDetails): void {
    log.warn(message, this.logAttributes);
    this.note(defined({ lastFailure: message, lastDetails: details }));
  }

  /** Attributes of each log line of the document. Temporal's own `runId` is the workflow's, so Extend's has another name. */
  get logAttributes(): { readonly parserRunId?: string } {
    return defined({ parserRunId: this.#state.run?.runId });
  }

  /** Details that every failure of the document carries. */
  get failureDetails(): FailureDetails {
    const { submits, polls, run, otherRuns } = this.#state;
    return { ...defined({ runId: run?.runId, otherRuns }), submits, polls, elapsedMs: this.options.clock.elapsedMs };
  }

  get progress(): ParseProgress {
    const { phase, run, submits, polls, nextPollAtMs, lastFailure } = this.#state;
    const { engine, clock } = this.options;
    const pollFacts = phase === 'waiting' ? { polls, nextPollAtMs } : { polls };
    return {
      phase,
      ...defined({ runId: run?.runId, apiVersion: knownVersion(run), status: run?.status }),
      submits,
      ...(engine === 'timer' && defined(pollFacts)),
      startedAtMs: clock.startedAtMs,
      deadlineAtMs: clock.deadlineAtMs,
      ...defined({ lastFailure }),
    };
  }

  #publish(): void {
    this.options.onProgress(this.progress);
  }
}

/** Returns the version of the run, if it is known. For some attached runs only the first poll tells it. */
function knownVersion(run: AcceptedRun | undefined): ApiVersion | undefined {
  return run?.apiVersion === 'worker' ? undefined : run?.apiVersion;
}
