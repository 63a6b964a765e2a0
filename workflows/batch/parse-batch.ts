import {
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  continueAsNew,
  isCancellation,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import {
  findBatchProblem,
  isFailureType,
  MAX_BATCH_WIDTH,
  utf8Bytes,
  type BatchInput,
  type BatchResult,
} from '../../contract';
import { prepareCall } from './batch-calls';
import { BatchRun } from './batch-run';
import {
  openingState,
  settingsOf,
  toOutcomes,
  toProgress,
  toResult,
  type BatchSettings,
  type BatchState,
} from './batch-state';
import { nextStep } from './batch-step';
import { unwrapActivityFailure } from '../failures';
import { findReplayableProblem } from '../find-replayable-problem';
import {
  batchProgressQuery,
  outcomesQuery,
  pauseSignal,
  resumeSignal,
  setWidthUpdate,
  type NewWidth,
} from '../messages';

/** Temporal takes 1,000 bytes; the ids of the documents come behind it. */
const MAX_WORKFLOW_ID_BYTES = 700;

/**
 * Parses many documents as one piece of work: a window of `parseDocument` workflows slides over them. How each ended is
 * written to the result store; the result is a summary. One that is started again under its workflow id goes on where the
 * one before ended.
 *
 * @param carried state that the workflow hands itself when it continues as new; leave it out.
 * @throws ApplicationFailure, non-retryable, of type `InvalidInput`, `SourceUnavailable` or `ResultStoreFailed`. A
 * document that fails is no failure of the batch.
 */
export async function parseBatch(input: BatchInput, carried?: BatchState): Promise<BatchResult> {
  let opened: Batch | undefined;
  setHandler(batchProgressQuery, () => toProgress(opened?.state));
  setHandler(outcomesQuery, () => opened?.state && toOutcomes(opened.state));
  if (carried === undefined) checkInput(input);
  const batch = (opened = new Batch(input, carried));
  setHandler(pauseSignal, () => void batch.set({ isPaused: true }));
  setHandler(resumeSignal, () => void batch.set({ isPaused: false }));
  setHandler(setWidthUpdate, (width) => batch.set({ width: toWidth(width) }).width, { validator: checkWidth });
  try {
    return await batch.perform(carried ?? (await batch.prepare()));
  } catch (error) {
    throw toBatchFailure(error, batch.state);
  }
}

/** A batch from its start on: what is said to it before its documents are known counts, too. */
class Batch {
  #run: BatchRun | undefined;
  #settings: BatchSettings;

  constructor(
    readonly input: BatchInput,
    carried: BatchState | undefined,
  ) {
    this.#settings = settingsOf(input, carried);
  }

  get state(): BatchState | undefined {
    return this.#run?.state;
  }

  set(settings: Partial<BatchSettings>): BatchSettings {
    this.#settings = { ...this.#settings, ...settings };
    this.#run?.set(settings);
    return this.#settings;
  }

  async prepare(): Promise<BatchState> {
    const startId = workflowInfo().firstExecutionRunId;
    return openingState(await prepareCall().prepareBatch({ batch: this.input, startId }), this.#settings);
  }

  /** Cancellation is a step like others: what is in progress is ended or left in order. */
  async perform(state: BatchState): Promise<BatchResult> {
    const run = new BatchRun(this.input, { ...state, ...this.#settings });
    this.#run = run;
    CancellationScope.current().cancelRequested.catch(run.requestCancel);
    const isCancelled = await CancellationScope.nonCancellable(() => goThrough(run));
    if (isCancelled) throw new CancelledFailure('the batch was cancelled');
    return toResult(run.state);
  }
}

/** Takes one step after the other, to the end. @returns whether it was cancelled on the way */
async function goThrough(run: BatchRun): Promise<boolean> {
  run.followCarried();
  for (;;) {
    const { situation } = run;
    const step = nextStep(situation);
    switch (step.kind) {
      case 'read':
        await run.readPage();
        break;
      case 'start':
        run.start(step.count);
        break;
      case 'write':
      case 'writeLast':
        await run.write({ isLast: step.kind === 'writeLast' });
        break;
      case 'cancel':
        await run.cancel();
        break;
      case 'wait':
        await run.untilChanged();
        break;
      case 'continueAsNew':
        // The documents are in the pages by now.
        await continueAsNew<typeof parseBatch>(withoutDocuments(run.input), run.state);
        break;
      case 'finish':
        await run.deletePages();
        return situation.cancellation !== 'none';
    }
  }
}

function withoutDocuments(input: BatchInput): BatchInput {
  return 'documents' in input ? { ...input, documents: [] } : input;
}

function checkInput(input: BatchInput): void {
  const bytes = utf8Bytes(workflowInfo().workflowId);
  const problem =
    bytes > MAX_WORKFLOW_ID_BYTES
      ? `the workflow id of a batch must have at most ${MAX_WORKFLOW_ID_BYTES} bytes, got ${bytes}`
      : findReplayableProblem((options) => findBatchProblem(input, options));
  if (problem !== undefined) throw ApplicationFailure.nonRetryable(`invalid input: ${problem}`, 'InvalidInput', {});
}

function toWidth(width: NewWidth): number {
  return typeof width === 'object' && width !== null ? width.width : width;
}

function checkWidth(given: NewWidth): void {
  const width: unknown = toWidth(given);
  if (Number.isInteger(width) && Number(width) >= 1 && Number(width) <= MAX_BATCH_WIDTH) return;
  const message = `width must be a whole number from 1 to ${MAX_BATCH_WIDTH}, got ${JSON.stringify(width)}`;
  throw ApplicationFailure.nonRetryable(message, 'InvalidInput', {});
}

/** An activity's final failure under its own type, with what is still in progress. Anything else passes through. */
function toBatchFailure(error: unknown, state: BatchState | undefined): unknown {
  if (isCancellation(error) || !(error instanceof Error) || error.name !== 'ActivityFailure') return error;
  const { type, message, details } = unwrapActivityFailure(error);
  const running = state?.running.length ?? 0;
  const left = running === 0 ? '' : `; ${running} documents are in progress: start the batch again to collect them`;
  return ApplicationFailure.nonRetryable(
    `${message}${left}`,
    isFailureType(type) ? type : 'ResultStoreFailed',
    details,
  );
}
