import type { WorkflowHandle } from '@temporalio/client';
import type { BatchOutcomes, BatchProgress, BatchResult, DocumentOutcome } from '../../contract';
import type { parseBatch } from '../../workflows';
import { batchProgressQuery, outcomesQuery, pauseSignal, resumeSignal, setWidthUpdate } from '../../workflows/messages';
import { cancelRunning, resultOf } from '../parse-handle';
import { readOutcomes, type ReadResultOptions } from '../read-result';

/** One `parseBatch` workflow, running or ended. */
export interface BatchHandle {
  /** The batch's key: the id of its workflow. */
  readonly workflowId: string;
  /**
   * Waits for the batch to end. A document that failed is counted in the result, and is not an error.
   *
   * @throws ParseError: `InvalidInput`, `SourceUnavailable`, `ResultStoreFailed`; `ParseCancelledError`.
   */
  result(): Promise<BatchResult>;
  /** Queries the progress. It needs a running worker, and works after the end too, while Temporal keeps the history. */
  progress(): Promise<BatchProgress>;
  /** Starts no further document until {@link resume}. The documents in flight go on. */
  pause(): Promise<void>;
  /** Starts documents again. */
  resume(): Promise<void>;
  /**
   * Changes the limit of documents in flight, and returns it: 1 to 500, or 1 to 10,000 for a bulk batch. A smaller limit
   * ends no document in flight.
   *
   * @throws Temporal's WorkflowUpdateFailedError if the number is not allowed.
   */
  setWidth(width: number): Promise<number>;
  /** Cancels the batch. `onCancel` of its input decides about the documents in flight. */
  cancel(): Promise<void>;
  /**
   * Gives the outcomes that are written by now, segment by segment. Once the batch has ended, these are all outcomes.
   * Each document that has ended is among them once.
   *
   * @throws TypeError if the client has no store.
   */
  outcomes(): AsyncGenerator<DocumentOutcome, void>;
}

/** Makes a {@link BatchHandle} from Temporal's handle of the workflow. */
export function createBatchHandle(handle: WorkflowHandle<typeof parseBatch>, stored: ReadResultOptions): BatchHandle {
  const { workflowId } = handle;
  return {
    workflowId,
    result: () => resultOf(handle),
    progress: () => handle.query(batchProgressQuery),
    pause: () => handle.signal(pauseSignal),
    resume: () => handle.signal(resumeSignal),
    setWidth: (width) => handle.executeUpdate(setWidthUpdate, { args: [width] }),
    cancel: () => cancelRunning(handle),
    async *outcomes() {
      const location = await locateOutcomes(handle);
      if (location !== undefined) yield* readOutcomes(location, stored);
    },
  };
}

/** Takes the location from the result if there is one, because a query needs a running worker. */
async function locateOutcomes(handle: WorkflowHandle<typeof parseBatch>): Promise<BatchOutcomes | undefined> {
  const { status } = await handle.describe();
  if (status.name === 'COMPLETED') return (await handle.result()).outcomes;
  return handle.query(outcomesQuery);
}
