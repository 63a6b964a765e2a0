import { WorkflowNotFoundError, type Workflow, type WorkflowHandle, type WorkflowResultType } from '@temporalio/client';
import type { ParseProgress, ParseResult } from '../contract';
import type { parseDocument } from '../workflows';
import { progressQuery, runFinishedSignal, type RunFinishedNotice } from '../workflows/messages';
import { toParseError } from './to-parse-error';

/** One `parseDocument` workflow, running or ended. `Result` is the form of its result, if the input tells it. */
export interface ParseHandle<Result extends ParseResult = ParseResult> {
  /** Id of the workflow. Any process can make this handle again from it. */
  readonly workflowId: string;
  /** Waits for the result. @throws ParseError of the class of the failure */
  result(): Promise<Result>;
  /** Queries the progress. It needs a running worker, and works after the end too, while Temporal keeps the history. */
  progress(): Promise<ParseProgress>;
  /**
   * Cancels the workflow; does nothing if it has ended already. The input's `onCancel` decides if the workflow also cancels
   * its run at Extend. A run of version 2025-04-21 of Extend's API goes on in any case.
   */
  cancel(): Promise<void>;
  /** Makes a waiting workflow poll now, for webhooks. It does nothing if the workflow has ended already. */
  runFinished(notice?: RunFinishedNotice): Promise<void>;
}

/** Makes a {@link ParseHandle} from Temporal's handle of the workflow. */
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

/** Cancels a workflow; does nothing if it has ended already. @throws WorkflowNotFoundError if it never existed */
export async function cancelRunning(handle: Pick<WorkflowHandle, 'cancel' | 'describe'>): Promise<void> {
  await unlessEnded(handle, () => handle.cancel());
}

async function unlessEnded(handle: Pick<WorkflowHandle, 'describe'>, act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
  } catch (error) {
    // Temporal gives the same error for a workflow that has ended and for one that never existed. Only the second fails
    // here.
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    await handle.describe();
  }
}
