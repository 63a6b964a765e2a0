import {
  ActivityFailure,
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
  MAX_BATCH_ID_BYTES,
  maxWidthOf,
  show,
  utf8Bytes,
  type BatchInput,
  type BatchResult,
} from '../../contract';
import { Batch } from './batch';
import {
  carriedWork,
  openingControls,
  openingWork,
  toOutcomes,
  toProgress,
  toResult,
  type BatchControls,
  type BatchState,
  type BatchWork,
} from './batch-state';
import { prepareCall } from './calls';
import { nextStep } from './next-step';
import { finalFailure, unwrapActivityFailure } from '../failures';
import { findReplayableProblem } from '../find-replayable-problem';
import {
  batchProgressQuery,
  groupProgressSignal,
  outcomesQuery,
  pauseSignal,
  resumeSignal,
  setWidthUpdate,
  type NewWidth,
} from '../messages';

/**
 * Parses many documents as one piece of work, and keeps a limited number of `parseDocument` workflows in flight. It
 * writes the outcomes of the documents to the result store, and its result is a summary. A batch that is started again
 * under its workflow id continues after the work that earlier executions have done.
 *
 * @param carried state that the workflow gives itself when it continues as new; leave it out.
 * @throws ApplicationFailure, non-retryable, of type `InvalidInput`, `SourceUnavailable` or `ResultStoreFailed`. A
 * document that fails does not fail the batch.
 */
export async function parseBatch(input: BatchInput, carried?: BatchState): Promise<BatchResult> {
  let batch: Batch | undefined;
  setHandler(batchProgressQuery, () => toProgress(batch?.state));
  setHandler(outcomesQuery, () => batch && toOutcomes(batch.state));
  if (carried === undefined) checkInput(input);
  const controls = openingControls(input, carried);
  const change = (changes: Partial<BatchControls>): void => {
    Object.assign(controls, changes);
    batch?.noteChange();
  };
  setHandler(pauseSignal, () => change({ isPaused: true }));
  setHandler(resumeSignal, () => change({ isPaused: false }));
  const setWidth = (given: NewWidth): number => {
    change({ width: toWidth(given) });
    return controls.width;
  };
  setHandler(setWidthUpdate, setWidth, { validator: (given: NewWidth) => checkWidth(given, maxWidthOf(input)) });
  setHandler(groupProgressSignal, (progress) => batch?.noteGroup(progress));
  try {
    const work = carried === undefined ? await prepare(input) : carriedWork(carried);
    batch = new Batch({ input, controls, work, running: carried?.running ?? [], known: carried?.known ?? {} });
    return await perform(batch, input);
  } catch (error) {
    throw toBatchFailure(error, batch?.state);
  }
}

async function prepare(batch: BatchInput): Promise<BatchWork> {
  const startId = workflowInfo().firstExecutionRunId;
  return openingWork(await prepareCall().prepareBatch({ batch, startId }));
}

/**
 * Takes all steps. Temporal's cancellation is one of them, so that the documents in flight are cancelled or left in
 * order.
 */
async function perform(batch: Batch, input: BatchInput): Promise<BatchResult> {
  CancellationScope.current().cancelRequested.catch(batch.requestCancel);
  const isCancelled = await CancellationScope.nonCancellable(() => runSteps(batch, input));
  if (isCancelled) throw new CancelledFailure('the batch was cancelled');
  return toResult(batch.state);
}

/** Takes one step after the other, to the end. @returns `true` if the batch was cancelled */
async function runSteps(batch: Batch, input: BatchInput): Promise<boolean> {
  batch.followCarried();
  for (;;) {
    const { situation } = batch;
    const step = nextStep(situation);
    switch (step.kind) {
      case 'read':
        await batch.readPage();
        break;
      case 'start':
        batch.start(step.count);
        break;
      case 'startGroup':
        batch.startGroup();
        break;
      case 'take':
        await batch.take();
        break;
      case 'write':
      case 'writeLast':
        await batch.write({ isLast: step.kind === 'writeLast' });
        break;
      case 'cancel':
        await batch.cancel();
        break;
      case 'wait':
        await batch.untilChanged();
        break;
      case 'continueAsNew':
        await continueAsNew<typeof parseBatch>(withoutDocuments(input), batch.state);
        break;
      case 'finish':
        await batch.deletePages();
        return situation.cancellation !== 'none';
    }
  }
}

/** The input without a list of documents, because the pages in the store hold them. */
function withoutDocuments(input: BatchInput): BatchInput {
  return 'documents' in input ? { ...input, documents: [] } : input;
}

function checkInput(input: BatchInput): void {
  const bytes = utf8Bytes(workflowInfo().workflowId);
  const problem =
    bytes > MAX_BATCH_ID_BYTES
      ? `the workflow id of a batch must have at most ${MAX_BATCH_ID_BYTES} bytes, got ${bytes}`
      : findReplayableProblem((options) => findBatchProblem(input, options));
  if (problem !== undefined) throw finalFailure('InvalidInput', `invalid input: ${problem}`);
}

function toWidth(width: NewWidth): number {
  return typeof width === 'object' && width !== null ? width.width : width;
}

function checkWidth(given: NewWidth, maxWidth: number): void {
  const width: unknown = toWidth(given);
  if (Number.isInteger(width) && Number(width) >= 1 && Number(width) <= maxWidth) return;
  const message = `width must be a whole number from 1 to ${maxWidth}, got ${show(width)}`;
  throw finalFailure('InvalidInput', message);
}

/**
 * Gives an activity's final failure its own type, and says how many documents are in flight. Returns any other error as
 * it is.
 */
function toBatchFailure(error: unknown, state: BatchState | undefined): unknown {
  if (isCancellation(error) || !(error instanceof ActivityFailure)) return error;
  const { type, message, details } = unwrapActivityFailure(error);
  const running = state?.running.length ?? 0;
  const left = running === 0 ? '' : `; ${running} documents are in flight: start the batch again to collect them`;
  return finalFailure(isFailureType(type) ? type : 'ResultStoreFailed', `${message}${left}`, details);
}
