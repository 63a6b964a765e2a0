/**
 * `temporal-extend-parse/embed`, for workflow code: parsing as a step of your own workflow, with its timers and its
 * history. Safe in the sandbox.
 *
 * @packageDocumentation
 */
import type { ParseInput, ParseProgress, ParseResult } from '../contract';
import { openJob } from './open-job';
import { runJob } from './parse-document';
import { Wake } from './wake';

/** Settings of {@link parseInWorkflow}. */
export interface ParseInWorkflowOptions {
  /** Task queue whose workers have the activities. @default the workflow's own */
  readonly taskQueue?: string;
  /** Ends the wait early when you ask it to; see {@link createWake}. @default nothing does */
  readonly wake?: Wake;
  /** Called at each change, for your own query or details. It must not throw or wait. @default none */
  readonly onProgress?: (progress: ParseProgress) => void;
}

/** Makes what wakes a waiting {@link parseInWorkflow}: call its `request()`, for instance from a signal handler of yours. */
export function createWake(): Wake {
  return new Wake();
}

/**
 * Parses a document inside your own workflow: the same code that `parseDocument` runs. It registers no handlers, sets no
 * details and never continues as new: your history grows by 11 events per read, or by none with the `retry` engine.
 *
 * @throws ApplicationFailure, non-retryable, of one of the final types of `FAILURES`; the cancellation of your scope.
 */
export async function parseInWorkflow(input: ParseInput, options: ParseInWorkflowOptions = {}): Promise<ParseResult> {
  const { taskQueue, wake, onProgress = () => undefined } = options;
  const surroundings = { ...(taskQueue !== undefined && { taskQueue }), ...(wake && { wake }), onProgress };
  return runJob(openJob(input, { startedAtMs: Date.now() }, surroundings));
}

export type { Wake } from './wake';
export type { ParseInput, ParseProgress, ParseResult } from '../contract';
