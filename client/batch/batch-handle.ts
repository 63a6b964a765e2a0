import type { WorkflowHandle } from '@temporalio/client';
import type { BatchOutcomes, BatchProgress, BatchResult, DocumentOutcome } from '../../contract';
import type { parseBatch } from '../../workflows';
import { batchProgressQuery, outcomesQuery, pauseSignal, resumeSignal, setWidthUpdate } from '../../workflows/messages';
import { cancelRunning, resultOf } from '../parse-handle';
import { readOutcomes, type ReadResultOptions } from '../read-result';

/** A batch that was started. */
export interface BatchHandle {
  /** The batch's key: the id of its workflow. */
  readonly workflowId: string;
  /**
   * Waits for the batch to end. Documents that failed are counted in the result, and no error.
   *
   * @throws ParseError: `InvalidInput`, `SourceUnavailable`, `ResultStoreFailed`; `ParseCancelledError`.
   */
  result(): Promise<BatchResult>;
  /** Where the batch stands; also once it has ended, as long as a worker is there to answer. */
  progress(): Promise<BatchProgress>;
  /** Starts no further document; those in progress go on. It lasts until {@link resume}. */
  pause(): Promise<void>;
  /** Starts documents again. */
  resume(): Promise<void>;
  /**
   * Changes how many documents are in progress at a time, 1 to 500, and returns it. Fewer end none that is in progress.
   *
   * @throws WorkflowUpdateFailedError of Temporal if it is no such number.
   */
  setWidth(width: number): Promise<number>;
  /** Asks the batch to end; `onCancel` of its input says what becomes of the documents in progress. */
  cancel(): Promise<void>;
  /**
   * Gives the outcomes that are written by now, segment by segment; once the batch has ended, all of them. Each document
   * that has ended is among them once.
   *
   * @throws TypeError if the client has no store.
   */
  outcomes(): AsyncGenerator<DocumentOutcome, void>;
}

/** Makes a handle of a batch's workflow. */
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
      const where = await whereOutcomesAre(handle);
      if (where !== undefined) yield* readOutcomes(where, stored);
    },
  };
}

/** A result can be had without a worker. */
async function whereOutcomesAre(handle: WorkflowHandle<typeof parseBatch>): Promise<BatchOutcomes | undefined> {
  const { status } = await handle.describe();
  if (status.name === 'COMPLETED') return (await handle.result()).outcomes;
  return handle.query(outcomesQuery);
}
