/**
 * `temporal-extend-parse/embed`, for workflow code: parsing as a step of your own workflow, with its timers and its
 * history. Safe in the sandbox.
 *
 * @packageDocumentation
 */
import { workflowInfo } from '@temporalio/workflow';
import type {
  InlineParseInput,
  InlineParseResult,
  ParseInput,
  ParseProgress,
  ParseResult,
  StoredParseInput,
  StoredParseResult,
} from '../contract';
import { openParse, type SubmitIdentities } from './open-parse';
import { parseInSteps } from './parse-document';
import { Wake } from './wake';

/** Settings of {@link parseInWorkflow}. */
export interface ParseInWorkflowOptions {
  /** Task queue whose workers have the activities. @default the workflow's own */
  readonly taskQueue?: string;
  /** Ends the wait early when you call its `request()`; see {@link createWake}. @default no early polls */
  readonly wake?: Wake;
  /** Called at each change, for your own query or details. It must not throw or wait. @default none */
  readonly onProgress?: (progress: ParseProgress) => void;
}

/**
 * Creates a wake for {@link parseInWorkflow}. Call its `request()` for an early poll, for instance from the handler of
 * {@link runFinishedSignal}, which the receiver of webhooks sends to the workflow that submitted the run.
 */
export function createWake(): Wake {
  return new Wake();
}

/**
 * Parses a document inside your own workflow: the same code that `parseDocument` runs. It registers no handlers, sets no
 * details and never continues as new: your history grows by 11 events per poll, or by none with the `retry` engine. The
 * type of the result follows from the input: inline unless it says `result: 'stored'`.
 *
 * @throws ApplicationFailure, non-retryable, of one of the final types of `FAILURES`; the cancellation of your scope.
 */
export function parseInWorkflow(input: StoredParseInput, options?: ParseInWorkflowOptions): Promise<StoredParseResult>;
export function parseInWorkflow(input: InlineParseInput, options?: ParseInWorkflowOptions): Promise<InlineParseResult>;
export function parseInWorkflow(input: ParseInput, options?: ParseInWorkflowOptions): Promise<ParseResult>;
export async function parseInWorkflow(input: ParseInput, options: ParseInWorkflowOptions = {}): Promise<ParseResult> {
  const { taskQueue, wake, onProgress = () => undefined } = options;
  const identity = embeddedIdentities();
  return parseInSteps(openParse(input, undefined, { startedAtMs: Date.now(), taskQueue, wake, identity, onProgress }));
}

/** Submits of all embedded parses of this workflow execution. Temporal loads the module once per workflow. */
let embeddedSubmits = 0;

/**
 * Identities of the submits of an embedded parse. A workflow may embed many parses and continue as new, so the submits
 * are numbered per execution.
 */
function embeddedIdentities(): SubmitIdentities {
  const numbers = new Map<number, number>();
  return {
    next: (submits) => {
      const number = numbers.get(submits) ?? (embeddedSubmits += 1);
      numbers.set(submits, number);
      return { firstRunId: workflowInfo().runId, submit: number };
    },
  };
}

export type { Wake } from './wake';
export { runFinishedSignal } from './messages';
export type { RunFinishedNotice } from './messages';
export { parseFailureOf } from './parse-failure-of';
export type { ParseFailure } from './parse-failure-of';
export { toMarkdown } from '../contract';
export type {
  FailureDetails,
  FailureType,
  InlineParseInput,
  InlineParseResult,
  ParseInput,
  ParseProgress,
  ParseResult,
  StoredParseInput,
  StoredParseResult,
} from '../contract';
export type { Chunk } from '../contract/extend';
