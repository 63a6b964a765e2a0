import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BatchResult } from '../../contract';
import type { BatchHandle } from '../../client';
import type { DocumentReport } from '../document-report';
import type { Document } from '../documents';
import { EXIT_STATUS, type ExitStatus } from '../exit-status';
import type { ParseServices } from '../parse-services';
import { printForMachine } from '../standard-streams';
import type { BatchArguments } from './batch-arguments';
import { type BatchDisplay, toEndLine } from './batch-display';
import { type BatchOutputs, describeEmptyDocuments, OUTCOME_LIST } from './batch-outputs';

/** Time limit for the cancellation of a batch on a server of this call, in milliseconds. */
const CANCEL_TIMEOUT_MS = 10_000;

/** Everything that a running batch uses. */
export interface BatchContext {
  readonly services: ParseServices;
  /** Absent if the workers of another process read the documents. */
  readonly manifest: Document | undefined;
  readonly outputs: BatchOutputs;
  readonly display: BatchDisplay;
  readonly signal: AbortSignal;
  readonly taskQueue: string;
  readonly namespace: string;
}

/** A batch in flight. */
export interface BatchInFlight {
  readonly handle: BatchHandle;
  readonly result: Promise<BatchResult>;
  /** Ends once the files of all documents are written that have ended. */
  readonly collecting: Promise<void>;
}

/**
 * Leaves a batch on a configured server. Cancels a batch on a server of this call, so that the outcomes are written.
 */
export async function interrupt(
  given: BatchArguments,
  { handle, result, collecting }: BatchInFlight,
  { services, outputs, display, namespace }: BatchContext,
): Promise<void> {
  display.close();
  display.say('interrupted; the same command, given again, continues the batch');
  result.catch(() => undefined);
  if (!services.local.temporal) display.say(describeLeftBatch(given, namespace));
  else {
    await handle.cancel();
    await Promise.race([result.catch(() => undefined), sleep(CANCEL_TIMEOUT_MS, undefined, { ref: false })]);
  }
  await Promise.race([collecting, sleep(CANCEL_TIMEOUT_MS, undefined, { ref: false })]);
  await outputs.writeList();
  const { key, json } = given;
  if (json) await printForMachine({ key, documents: outputs.reports, local: services.local, interrupted: true });
}

/** Says what a batch does that this call leaves at a configured server, and how to end it. */
function describeLeftBatch({ key, taskQueue }: BatchArguments, namespace: string): string {
  const goesOn =
    taskQueue === undefined
      ? 'until then its documents wait, because no worker polls their task queue'
      : 'until then the workers go on with it';
  const query = `WorkflowId = "${key}" OR WorkflowId STARTS_WITH "${key}/"`;
  return `${goesOn}; to end it: temporal workflow terminate --namespace ${namespace} --query '${query}' --yes`;
}

/** An ended batch, and the documents that are processed or failed. */
export interface Ended {
  readonly ended: BatchResult;
  readonly reports: readonly DocumentReport[];
}

/** Says how the batch ended, and gives the exit status of the command. */
export async function tell(
  { key, json, out }: BatchArguments,
  { ended, reports }: Ended,
  { services, display }: BatchContext,
): Promise<ExitStatus> {
  const { total, failed, skippedLines } = ended;
  const written = reports.filter(({ status }) => status === 'processed').length;
  display.say(toEndLine(ended));
  if (skippedLines > 0) display.say(`${skippedLines} lines of the manifest are not documents`);
  const empty = describeEmptyDocuments(reports);
  if (empty !== undefined) display.say(empty);
  if (failed > 0) display.say('to parse the failed documents once more, give the same command with --retry-failed');
  display.say(`${written} results in ${out}; how each document ended: ${join(out, OUTCOME_LIST)}`);
  const summary = { key, documents: reports, ...ended, local: services.local };
  const lost = json ? await printForMachine(summary) : undefined;
  if (lost !== undefined) display.say(`the summary could not be written: ${lost}`);
  const isComplete = written === total && skippedLines === 0 && lost === undefined;
  return isComplete ? EXIT_STATUS.success : EXIT_STATUS.failure;
}
