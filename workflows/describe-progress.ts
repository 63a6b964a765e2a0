import { ApplicationFailure, isCancellation } from '@temporalio/workflow';
import { FAILURES, isFailureType, type ParseProgress, type ParseResult } from '../contract';
import { isEndedStatus } from '../contract/extend/parse-api';
import { redact } from '../privacy';

/** Describes the progress in a few lines of Markdown, which Temporal's UI shows as the workflow's current details. */
export function describeProgress(progress: ParseProgress, documentName?: string): string {
  const { phase, status, polls, nextPollAtMs, deadlineAtMs } = progress;
  return paragraphs([
    `**${phase}**${status === undefined ? '' : `, run is ${redact(status)}`}`,
    ...known(progress),
    polls === undefined && phase === 'waiting'
      ? 'polls: the attempts of the pending activity `getStatus`; its next attempt is the next poll'
      : undefined,
    nextPollAtMs === undefined ? undefined : `next poll: ${at(nextPollAtMs)}`,
    `deadline: ${at(deadlineAtMs)}`,
    lastFailureOf(progress),
    named(documentName),
  ]);
}

/** The end of a document, and its name for people. */
export interface DocumentEnding {
  /** The error that ended the workflow. @default none: it succeeded */
  readonly failure?: unknown;
  /** The result of the workflow. @default none: it has failed or was cancelled */
  readonly result?: ParseResult | undefined;
  readonly documentName?: string | undefined;
}

/** Describes the end of the document, with all facts that a person needs to continue from there. */
export function describeEnd(progress: ParseProgress, { failure, result, documentName }: DocumentEnding): string {
  return paragraphs([
    ending(failure, progress),
    remedyOf(failure),
    ...known(progress),
    result === undefined ? undefined : factsOf(result),
    lastFailureOf(progress),
    named(documentName),
  ]);
}

/** The remedy of the failure table. */
function remedyOf(failure: unknown): string | undefined {
  const type = failure instanceof ApplicationFailure ? failure.type : undefined;
  return isFailureType(type) ? `to do: ${FAILURES[type].remedy}` : undefined;
}

/** Size, price and duration of a document. Extend may not report all of them. */
function factsOf({ pageCount, credits, processingTimeMs, waitedMs, output }: ParseResult): string {
  const chunks = output.kind === 'inline' ? output.chunks.length : output.chunkCount;
  const facts = Object.entries({ pages: pageCount, credits, chunks }).filter(([, count]) => count !== undefined);
  const extend = processingTimeMs === undefined ? '' : `, ${seconds(processingTimeMs)} of it at Extend`;
  return [...facts.map(([name, count]) => `${name}: ${count}`), `duration: ${seconds(waitedMs)}${extend}`].join(', ');
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

function ending(failure: unknown, { runId, status }: ParseProgress): string {
  if (failure === undefined) return '**done**';
  if (isCancellation(failure)) return `**cancelled**: ${endOfCancelled(runId, status)}`;
  const type = failure instanceof ApplicationFailure ? failure.type : undefined;
  const message = failure instanceof Error ? redact(failure.message) : 'no reason known';
  return `**failed**, ${type ?? 'unexpectedly'}: ${message}`;
}

function endOfCancelled(runId: string | undefined, status: ParseProgress['status']): string {
  if (runId === undefined) return 'no run at Extend is known';
  return status !== undefined && isEndedStatus(status) ? `the run is ${status}` : 'the run at Extend goes on';
}

function known({ runId, submits, polls }: ParseProgress): (string | undefined)[] {
  return [
    runId === undefined ? undefined : `run: ${runId}`,
    `submits: ${submits}${polls === undefined ? '' : `, polls: ${polls}`}`,
  ];
}

function lastFailureOf({ lastFailure }: ParseProgress): string | undefined {
  return lastFailure === undefined ? undefined : `last failure: ${lastFailure}`;
}

function named(documentName: string | undefined): string | undefined {
  return documentName === undefined ? undefined : `document: ${documentName}`;
}

/** Shows a time. A caller can start the workflow with a carried state whose times are beyond all dates. */
function at(epochMs: number): string {
  const date = new Date(epochMs);
  return Number.isNaN(date.getTime()) ? 'unknown' : date.toISOString();
}

function paragraphs(lines: readonly (string | undefined)[]): string {
  return lines.filter((line) => line !== undefined).join('\n\n');
}
