import type { Chunk } from '../../contract/extend/parse-api';

/** What a finished run brought. */
export interface RunOutput {
  /** The content; made anew at each call where it is made up, so that a large one is not kept. */
  readonly chunks: () => readonly Chunk[];
  /** Pages parsed, which are the pages billed. */
  readonly pageCount: number;
  readonly processingTimeMs: number;
}

/** A run's state at one moment, as one answer tells it. */
export interface RunSnapshot {
  readonly status: string;
  readonly failureReason?: string | null;
  /** Which run object tells it. */
  readonly as: 'parser_run_status' | 'parser_run';
  /** Present where the answer may carry the content. */
  readonly output?: RunOutput;
  /** Fields of the run object to replace or add. */
  readonly overrides?: Readonly<Record<string, unknown>>;
}

/** Where a run stands: played from a script or really parsed. */
export interface RunProgress {
  /** The state in the submit's answer. */
  submitted(): RunSnapshot;
  /** The state that the next answer tells; advances a scripted run. */
  next(kind: 'read' | 'result'): RunSnapshot;
  /** The state without advancing anything. */
  current(): RunSnapshot;
  /** Resolves when the run has ended. A scripted run that never ends, never resolves. */
  ended(): Promise<RunSnapshot>;
}
