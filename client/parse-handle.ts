import { WorkflowNotFoundError, type Workflow, type WorkflowHandle, type WorkflowResultType } from '@temporalio/client';
import type { ParseProgress, ParseResult } from '../contract';
import type { parseDocument } from '../workflows';
import { progressQuery, runFinishedSignal, type RunFinishedNotice } from '../workflows/messages';
import { toParseError } from './to-parse-error';

/** One `parseDocument` workflow, running or ended. */
export interface ParseHandle {
  /** Id of the workflow: with it any process gets this handle again. */
  readonly workflowId: string;
  /** Waits for the result. @throws ParseError of the class of the failure */
  result(): Promise<ParseResult>;
  /** Where the document is. Needs a running worker; works after the end too, while the history is kept. */
  progress(): Promise<ParseProgress>;
  /** Asks the workflow to stop. It is no error if it has ended already. A run at Extend goes on: its API has no cancel. */
  cancel(): Promise<void>;
  /** Makes a waiting workflow poll now: for webhooks. It is no error if the workflow has ended already. */
  runFinished(notice?: RunFinishedNotice): Promise<void>;
}

/** Makes a handle of a workflow's own. */
export function createParseHandle(handle: WorkflowHandle<typeof parseDocument>): ParseHandle {
  const { workflowId } = handle;
  return {
    workflowId,
    result: () => resultOf(handle),
    progress: () => handle.query(progressQuery),
    cancel: () => cancelRunning(handle),
    runFinished: (notice = {}) => unlessEnded(handle, () => handle.signal(runFinishedSignal, notice)),
  };
}

/** Waits for the result. @throws ParseError */
export async function resultOf<T extends Workflow>(handle: WorkflowHandle<T>): Promise<WorkflowResultType<T>> {
  try {
    return await handle.result();
  } catch (error) {
    throw toParseError(error, handle.workflowId);
  }
}

/** Asks a workflow to stop. It is no error if it has ended already; it is one if it never was. */
export async function cancelRunning(handle: Pick<WorkflowHandle, 'cancel' | 'describe'>): Promise<void> {
  await unlessEnded(handle, () => handle.cancel());
}

async function unlessEnded(handle: Pick<WorkflowHandle, 'describe'>, act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
  } catch (error) {
    // Temporal gives the same error for a workflow that has ended and for one that never was: only the latter is one.
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    await handle.describe();
  }
}
