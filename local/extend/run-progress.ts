import type { Chunk } from '../../contract/extend/parse-api';
import type { OcrOutput } from './parser-task';

/** The output of a finished run. */
export interface RunOutput {
  /** Returns the content. Made-up content is created at each call, so that a large one is not kept in memory. */
  readonly chunks: () => readonly Chunk[];
  /** Words of the document; absent if the configuration does not ask for them. */
  readonly ocr?: OcrOutput;
  /** Number of pages that were parsed and are billed. */
  readonly pageCount: number;
  readonly processingTimeMs: number;
}

/** The state of a run at one moment, as one answer reports it. */
export interface RunSnapshot {
  readonly status: string;
  readonly failureReason?: string | null;
  /** Explanation of the failure for people. @default made of `failureReason` */
  readonly failureMessage?: string | null;
  /** Run object that carries the state. */
  readonly as: 'parser_run_status' | 'parser_run';
  /** Present if the answer may carry the content. */
  readonly output?: RunOutput;
  /** Fields that the run object gets in addition or instead. */
  readonly overrides?: Readonly<Record<string, unknown>>;
}

/** The progress of a run, which is played from a script or really parsed. */
export interface RunProgress {
  /** Returns the state for the answer to the submit. */
  submitted(): RunSnapshot;
  /** Returns the state for the next answer, and advances a scripted run. */
  next(kind: 'read' | 'result'): RunSnapshot;
  /** Returns the state, and advances nothing. */
  current(): RunSnapshot;
  /** Ends the run as CANCELLED. Returns `false` if it has ended already. */
  cancel(): boolean;
  /** Resolves when the run has ended; never for a scripted run that never ends. */
  ended(): Promise<RunSnapshot>;
  /** Calls the function once when the run ends, in whatever way; at once if it has ended already. */
  onEnd(listener: (snapshot: RunSnapshot) => void): void;
  /** Ends a scripted run as if all its requests had come. A run that is really parsed ends by itself. */
  finish(): void;
}
