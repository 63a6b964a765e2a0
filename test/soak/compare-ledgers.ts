import { isFailureType, type FailureType } from '../../contract';
import type { ApiVersion } from '../../contract/extend';
import type { PlannedDocument } from './planned-document';

/** The report of a workflow that has ended. */
export type Reported =
  | {
      readonly kind: 'result';
      readonly runId: string;
      readonly submits: number;
      /** Absent if the result has none, which is wrong here, because the emulator always reports it. */
      readonly pageCount?: number;
      /** Other runs of the document that it names. */
      readonly otherRuns?: readonly string[];
      readonly texts: readonly string[];
    }
  | {
      readonly kind: 'failure';
      /** The failure's type, unchecked. */
      readonly type: string;
      readonly submits: number;
      readonly runId?: string;
      readonly failureReason?: string;
      /** Other runs of the document that it names. */
      readonly otherRuns?: readonly string[];
    }
  /** Another end: terminated, timed out, or cancelled although nothing cancels in a soak. */
  | { readonly kind: 'other'; readonly what: string };

/** The entries of the three ledgers about one document. */
export interface DocumentRecord {
  readonly planned: Pick<PlannedDocument, 'number' | 'workflowId' | 'mode' | 'texts' | 'end'> &
    Partial<Pick<PlannedDocument, 'endIfAdopted' | 'hasOneRun'>>;
  /** `true`: Temporal accepted the workflow. */
  readonly wasStarted: boolean;
  /** `true`: between the start and the end, a process was killed or restarted, or Extend had an outage. */
  readonly wasInterrupted: boolean;
  /** Ids of the runs that were billed. */
  readonly runIds: readonly string[];
  /** Ids of those that were listed before the last look of the document. @default none */
  readonly listedRunIds?: readonly string[];
  /** Version of the API in which each of these runs was submitted. */
  readonly runVersions: readonly ApiVersion[];
  /** Requests for these runs that named another version than their submit. */
  readonly otherVersions: number;
  /** Submits that Extend received, except those that it answered with 429. */
  readonly posts: number;
  /** Absent if the workflow has not ended. */
  readonly reported?: Reported;
}

/** The three ledgers of a soak, by document. */
export interface Ledgers {
  readonly documents: readonly DocumentRecord[];
  /** Runs that were billed and belong to no document. */
  readonly strayRunIds: readonly string[];
}

/** The kinds of breaches. */
export type BreachKind =
  | 'lost'
  | 'wrongResult'
  | 'wrongFailure'
  | 'wrongVersion'
  | 'unexplainedRun'
  | 'billedTwiceInFailMode'
  | 'sentTwiceInFailMode'
  | 'billedTwice'
  | 'notAdopted'
  | 'unnamedRun';

/** One breach of a promise. */
export interface Breach {
  readonly kind: BreachKind;
  /** Number of the document. Absent for a run that belongs to no document. */
  readonly document?: number;
  /** The breach in words. */
  readonly what: string;
  /** Number of runs or requests that the breach concerns. */
  readonly count: number;
}

/** Submits after which `resubmit` gives up; the default of the workflow's input. */
const MAX_SUBMITS = 5;
const SUBMIT_OUTCOME_UNKNOWN: FailureType = 'SubmitOutcomeUnknown';

/** Compares what was started, what was billed and what was reported, and finds every breach. Pure. */
export function compareLedgers({ documents, strayRunIds }: Ledgers): Breach[] {
  const strays = strayRunIds.map((id): Breach => ({
    kind: 'unexplainedRun',
    what: `${id} is of no document`,
    count: 1,
  }));
  return [...documents.flatMap(compareDocument), ...strays];
}

function compareDocument(record: DocumentRecord): Breach[] {
  const { planned, runIds, otherVersions, posts, reported } = record;
  const breaches: Breach[] = [];
  const add = (kind: BreachKind, what: string, count = 1) =>
    breaches.push({ kind, document: planned.number, what, count });
  const lost = describeLoss(record);
  if (lost !== undefined) add('lost', lost);
  if (reported?.kind === 'result') {
    for (const what of wrongInResult(record, reported)) add('wrongResult', what);
  }
  if (reported?.kind === 'failure' && lost === undefined) {
    const wrong = wrongInFailure(record, reported);
    if (wrong !== undefined) add('wrongFailure', wrong);
  }
  if (otherVersions > 0) {
    add('wrongVersion', `${otherVersions} requests for a run in another version of the API`, otherVersions);
  }
  const explained = submitsOf(reported);
  // A workflow that has not ended has not reported its submits.
  if (reported !== undefined && runIds.length > explained) {
    add('unexplainedRun', `${runIds.length} runs billed, ${explained} submits reported`, runIds.length - explained);
  }
  if (planned.mode === 'fail' && runIds.length > 1) {
    add('billedTwiceInFailMode', `${runIds.length} runs billed`, runIds.length - 1);
  }
  if (planned.mode === 'fail' && posts > 1) add('sentTwiceInFailMode', `${posts} submits sent`, posts - 1);
  return [...breaches, ...compareFindableRuns(record)];
}

/** Finds the breaches of what version 2026-02-09 promises: the run of a lost answer is found, and a second run is named. */
function compareFindableRuns({ planned, runIds, runVersions, listedRunIds = [], reported }: DocumentRecord): Breach[] {
  if (reported === undefined || reported.kind === 'other') return [];
  if (runVersions.some((version) => version !== '2026-02-09')) return [];
  const breach = (kind: BreachKind, what: string, count: number): Breach[] =>
    count > 0 ? [{ kind, document: planned.number, what, count }] : [];
  const isUnknown = reported.kind === 'failure' && reported.type === SUBMIT_OUTCOME_UNKNOWN;
  const named = [reported.runId, ...(reported.otherRuns ?? [])];
  const unnamed = runIds.length > 1 ? listedRunIds.filter((id) => !named.includes(id)) : [];
  return [
    ...(planned.hasOneRun ? breach('billedTwice', `${runIds.length} runs billed`, runIds.length - 1) : []),
    ...(planned.hasOneRun && isUnknown
      ? breach('notAdopted', `${runIds.join(', ')} was not found`, runIds.length)
      : []),
    ...breach('unnamedRun', `${unnamed.join(', ')} is not named`, unnamed.length),
  ];
}

/** The number of submits that a report states. */
export function submitsOf(reported: Reported | undefined): number {
  return reported === undefined || reported.kind === 'other' ? 0 : reported.submits;
}

function describeLoss({ wasStarted, reported }: DocumentRecord): string | undefined {
  if (!wasStarted) return 'Temporal never accepted the workflow';
  if (reported === undefined) return 'the workflow has not ended';
  if (reported.kind === 'other') return `it ended as ${reported.what}`;
  const isUntyped = reported.kind === 'failure' && !isFailureType(reported.type);
  return isUntyped ? `it failed with the unknown type ${reported.type}` : undefined;
}

function wrongInResult(record: DocumentRecord, result: Extract<Reported, { kind: 'result' }>): string[] {
  const { planned, runIds } = record;
  const wrong: string[] = [];
  const { end, endIfAdopted = end } = planned;
  if (end.kind !== 'result' && endIfAdopted.kind !== 'result') {
    wrong.push(`a result, but it had to fail as ${end.type}`);
  }
  if (!runIds.includes(result.runId)) wrong.push(`the result is of ${result.runId}, which is no run of this document`);
  if (JSON.stringify(result.texts) !== JSON.stringify(planned.texts)) {
    wrong.push(`the chunks are ${JSON.stringify(result.texts).slice(0, 200)}`);
  }
  if (result.pageCount !== planned.texts.length) wrong.push(`pageCount is ${result.pageCount}`);
  return wrong;
}

/** Tells if a failure has the planned reason. Version 2026-02-09 gives the code of a reason alone, without its text. */
function isReason(failureReason: string | undefined, planned: string | undefined): boolean {
  return failureReason === planned || (failureReason !== undefined && failureReason === planned?.split(':')[0]);
}

function wrongInFailure(
  { planned, runIds, wasInterrupted }: DocumentRecord,
  failure: Extract<Reported, { kind: 'failure' }>,
): string | undefined {
  const { mode, endIfAdopted = planned.end } = planned;
  const { type, runId, submits, failureReason } = failure;
  const isAdopted = endIfAdopted.kind === 'failure' && endIfAdopted.type === type;
  const end = isAdopted ? endIfAdopted : planned.end;
  if (runId !== undefined && !runIds.includes(runId)) return `it names ${runId}, which is no run of this document`;
  if (type === SUBMIT_OUTCOME_UNKNOWN && mode === 'resubmit') {
    return submits >= MAX_SUBMITS ? undefined : `${type} after ${submits} submits`;
  }
  if (type === SUBMIT_OUTCOME_UNKNOWN && wasInterrupted) return undefined;
  if (end.kind === 'result') return `${type}, but it had to bring a result`;
  if (type !== end.type) return `${type}, but it had to fail as ${end.type}`;
  if (!isReason(failureReason, end.failureReason)) return `its reason is ${failureReason}, not ${end.failureReason}`;
  return type === 'ParserRunFailed' && runId === undefined ? 'the failure names no run' : undefined;
}
